// `npm run pairs`: live pairs of runs against small real sites, compared as `breakwater rehearsals compare` does. Two runs of equal sites
// must not be told apart, and a site that is 10% slower must be found. `--pairs N` (100), `--seconds N` of each run (50), `--beside N`
// pairs of each kind at a time (5: twenty runs leave two slow cores room, forty did not, and what that does to the waits hides any
// difference). Exits 1 when fewer than 95 of 100 or 90 of 100 are right.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freshSeed } from '../../../src/base/random.ts'
import { compareRuns } from '../../../src/rehearse/kept/compare.ts'
import type { KeptSecond } from '../../../src/rehearse/kept/kept.ts'
import { runLoad } from '../../../src/rehearse/load.ts'

const RATE = 60
const SLOWER = 1.1
/** Of 100 pairs, so many have to be told rightly. */
const LEAST_EQUAL = 0.95
const LEAST_FOUND = 0.9
/** A run that is not valid says nothing, and its pair is played again; on a machine that is too busy this ends. */
const MOST_PLAYED = 3

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '50' },
    beside: { type: 'string', default: '5' },
  },
})
const [pairs, seconds, beside] = [Number(values.pairs), Number(values.seconds), Number(values.beside)]

type Verdict = 'better' | 'worse' | 'not told apart'

/** The seconds of a run as they are kept; undefined when it is not valid. */
async function played(port: number): Promise<KeptSecond[] | undefined> {
  const run = await runLoad({ target: `http://127.0.0.1:${port}`, shape: { kind: 'constant', rate: RATE }, seconds })
  const kept: KeptSecond[] = []
  for await (const { good, lost, latencyMs } of run.seconds) kept.push({ good, lost, meanMs: latencyMs.mean })
  return (await run.result).valid ? kept : undefined
}

/** The verdicts on pairs that are played side by side, so that whatever else the machine does comes to both runs of a pair. */
async function verdicts(factors: readonly number[]): Promise<(Verdict | undefined)[]> {
  const args = factors.flatMap(factor => [1, factor]).map(String)
  const sites = spawn(process.execPath, [fileURLToPath(new URL('./site.ts', import.meta.url)), ...args], { stdio: ['pipe', 'pipe', 'inherit'] }) // prettier-ignore
  const gone = once(sites, 'exit')
  try {
    const [line] = (await once(createInterface(sites.stdout), 'line')) as [string]
    const runs = await Promise.all((JSON.parse(line) as number[]).map(played))
    return factors.map((_, i) => {
      const [one, other] = [runs[2 * i], runs[2 * i + 1]]
      return one === undefined || other === undefined ? undefined : compareRuns(one, other, freshSeed())?.verdict
    })
  } finally {
    sites.stdin.end()
    await gone
  }
}

const seen = { equal: new Map<Verdict, number>(), slower: new Map<Verdict, number>() }
const count = (of: Map<Verdict, number>): number => [...of.values()].reduce((sum, each) => sum + each, 0)
const told = (of: Map<Verdict, number>): string => [...of].map(([verdict, times]) => `${times} ${verdict}`).join(', ')

let invalid = 0
const most = Math.ceil(pairs / beside) * MOST_PLAYED
for (let turn = 0; turn < most && Math.min(count(seen.equal), count(seen.slower)) < pairs; turn++) {
  const kinds = (['equal', 'slower'] as const).flatMap(kind =>
    Array.from({ length: Math.min(beside, pairs - count(seen[kind])) }, () => kind),
  )
  const found = await verdicts(kinds.map(kind => (kind === 'equal' ? 1 : SLOWER)))
  for (const [i, verdict] of found.entries()) {
    const of = seen[kinds[i]!]
    if (verdict === undefined) invalid++
    else of.set(verdict, (of.get(verdict) ?? 0) + 1)
  }
  process.stdout.write(`${count(seen.equal)} equal pairs: ${told(seen.equal)}; ${count(seen.slower)} with one 10% slower: ${told(seen.slower)}; ${invalid} not valid\n`) // prettier-ignore
}
const enough = (of: Map<Verdict, number>, right: Verdict, least: number): boolean =>
  count(of) >= pairs && (of.get(right) ?? 0) >= least * pairs
process.exitCode =
  enough(seen.equal, 'not told apart', LEAST_EQUAL) && enough(seen.slower, 'worse', LEAST_FOUND) ? 0 : 1
