// `npm run pairs`: live pairs of rehearsals, compared as anyone would: `breakwater rehearse` twice and `breakwater rehearsals compare`.
// Two runs of equal sites must not be told apart, a site that is 10% slower must be found. `--pairs N` (100), `--seconds N` of each
// run (40), `--beside N` pairs of each kind at a time (6). Exits 1 when fewer than 95 of 100 or 90 of 100 are right.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs, promisify } from 'node:util'

const RATE = 60
const SLOWER = 1.1
/** Of 100 pairs, so many have to be told rightly. */
const LEAST_EQUAL = 0.95
const LEAST_FOUND = 0.9

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '40' },
    beside: { type: 'string', default: '6' },
  },
})
const [pairs, seconds, beside] = [Number(values.pairs), Number(values.seconds), Number(values.beside)]
const program = fileURLToPath(new URL('../../../bin/breakwater.mjs', import.meta.url))
const site = fileURLToPath(new URL('./site.ts', import.meta.url))
const run = promisify(execFile)

type Verdict = 'better' | 'worse' | 'not told apart' | 'not valid'

/** The second begins so much later, so that their names differ, which are the moments at which they end. */
const APART_MS = 200

/** Two runs side by side, so that whatever else the machine does comes to both, and the verdict on them. */
async function pair(factor: number): Promise<Verdict> {
  const data = mkdtempSync(join(tmpdir(), 'breakwater-pair-'))
  try {
    const names = await Promise.all([rehearse(data, 1), sleep(APART_MS).then(() => rehearse(data, factor))])
    if (names.includes(undefined)) return 'not valid'
    const { stdout } = await breakwater(['rehearsals', 'compare', ...(names as string[]), '--data', data, '--json'])
    return (JSON.parse(stdout) as { verdict: Verdict }).verdict
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

/** The name it is kept by; undefined when the run is not valid. */
async function rehearse(data: string, factor: number): Promise<string | undefined> {
  const child = spawn(process.execPath, [site, String(factor)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  try {
    const [port] = (await once(child.stdout, 'data')) as [Buffer]
    const url = `http://127.0.0.1:${String(port).trim()}`
    const { stdout } = await breakwater(['rehearse', url, '--rate', String(RATE), '--seconds', String(seconds), '--data', data, '--json']) // prettier-ignore
    const { valid, name } = JSON.parse(stdout) as { valid: boolean; name: string }
    return valid ? name : undefined
  } finally {
    child.stdin.end()
    await gone
  }
}

/** An exit code above 0 is a verdict, too; what it printed tells. */
async function breakwater(args: string[]): Promise<{ stdout: string }> {
  return await run(process.execPath, [program, ...args]).catch((error: unknown) => {
    if (error instanceof Error && 'stdout' in error && error.stdout !== '')
      return error as unknown as { stdout: string }
    throw error
  })
}

const seen = { equal: new Map<Verdict, number>(), slower: new Map<Verdict, number>() }
const told = (of: Map<Verdict, number>): string => [...of].map(([verdict, count]) => `${count} ${verdict}`).join(', ')
for (let done = 0; done < pairs; done += beside) {
  const some = Array.from({ length: Math.min(beside, pairs - done) })
  const kinds = [['equal', 1], ['slower', SLOWER]] as const // prettier-ignore
  await Promise.all(kinds.flatMap(([kind, factor]) => some.map(async () => {
    const verdict = await pair(factor)
    seen[kind].set(verdict, (seen[kind].get(verdict) ?? 0) + 1)
  }))) // prettier-ignore
  process.stdout.write(`${done + some.length} of ${pairs} pairs of each kind; equal: ${told(seen.equal)}; 10% slower: ${told(seen.slower)}\n`) // prettier-ignore
}
const share = (of: Map<Verdict, number>, verdict: Verdict): number => (of.get(verdict) ?? 0) / pairs
process.exitCode = share(seen.equal, 'not told apart') >= LEAST_EQUAL && share(seen.slower, 'worse') >= LEAST_FOUND ? 0 : 1 // prettier-ignore
