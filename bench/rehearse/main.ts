// `npm run bench:rehearse`: how many requests a generator makes for a second of its own CPU, this one beside wrk, autocannon and
// Artillery, on the same hot page in the same run. Requests are counted where they arrive; CPU is user and system time of all its
// processes in /proc, between two moments in which it is under full way. Whoever is not there is named and left out.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine } from '../machine.ts'
import { withBlock } from '../markdown.ts'
import { cpuSeconds } from '../proc.ts'
import { start, stopEverything } from '../processes.ts'
import { has, installation, located, TASKSET, WRK } from '../programs.ts'
import { GENERATORS } from './generators.ts'
import type { Generator } from './generators.ts'
import { reportOf, textOf } from './report.ts'
import type { Round } from './report.ts'

const USAGE = `npm run bench:rehearse -- [options]

Requests for a second of the generator's own CPU, of the generator of breakwater rehearse and of others on the same page in the same run.
autocannon and Artillery are looked for in --peers-in; to get them there:
npm install --prefix FOLDER --ignore-scripts autocannon artillery

  --peers-in FOLDER  where autocannon and Artillery are installed
  --rounds N         rounds, each generator once in each (default: 5)
  --seconds N        what is measured of each (default: 6)
  --rate N           arrivals a second of breakwater rehearse (default: near the most that its runs bear, by a trial)
  --json             print the report as JSON
  --write            put the report into docs/benchmarks.md

Exit code 1: a goal was missed. 2: the command line is wrong, or wrk is missing.`

const PAGE = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url))
const SITE = fileURLToPath(new URL('page.ts', import.meta.url))
/** Until connections stand and code is compiled. */
const WARM_UP_MS = 3000
/** The page has a core of its own, the generators the other; Linux numbers them from 0. */
const [SITE_CORE, OWN_CORE] = [0, 1]

const { values } = parseArgs({
  options: {
    'peers-in': { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    rate: { type: 'string' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => void stopEverything().then(() => process.exit(130))) // prettier-ignore
/**
 * Arrivals a second of the first trial that finds the rate for the rounds: those who ask again as soon as they are answered use their core
 * whole, so this one is to use nearly as much of it as its runs may (80%, src/rehearse/report.ts), and never more, whatever chance adds. One rate for all
 * machines would let a quick one idle, and a slow one fall behind.
 */
const TRIAL_RATE = 20_000
const SHARE_OF_CORE = 0.65
/** A run takes no more (src/rehearse/options.ts). */
const MOST_RATE = 100_000
process.exitCode = await main()

async function main(): Promise<number> {
  if (values.help) return (process.stdout.write(`${USAGE}\n`), 0)
  const [rounds, seconds, rate] = [values.rounds, values.seconds, values.rate ?? TRIAL_RATE].map(Number)
  if (![rounds, seconds, rate].every(each => each! >= 1)) return fail(USAGE)
  const missing = [WRK, TASKSET].filter(each => !has(each.command))
  if (missing.length > 0)
    return fail(`${missing.map(each => each.command).join(', ')} missing: ${installation(missing)}`)
  const folder = mkdtempSync(join(tmpdir(), 'bench-rehearse-'))
  const site = spawn(located(TASKSET.command), ['-c', String(SITE_CORE), process.execPath, SITE], { stdio: ['pipe', 'pipe', 'inherit'] }) // prettier-ignore
  try {
    const port = Number(await lineOf(site))
    const bins = join(values['peers-in'] ?? '', 'node_modules', '.bin')
    const there = GENERATORS.filter(({ bin }) => bin === undefined || existsSync(join(bins, bin)))
    for (const each of GENERATORS) if (!there.includes(each)) process.stderr.write(`${each.name} is not installed and is left out.\n`) // prettier-ignore
    const world: World = { port, bins, folder, rate: rate!, seconds: seconds! }
    // Twice, since a request costs less where more are under way.
    if (values.rate === undefined)
      for (let trial = 0; trial < 2; trial++) world.rate = bearable(await measured(there[0]!, { ...world, seconds: 2 }, site)) // prettier-ignore
    const found: Round[] = []
    for (let round = 0; round < rounds!; round++)
      for (const each of there) found.push(await measured(each, world, site))
    return tell(found)
  } finally {
    await stopEverything()
    site.stdin.end()
    rmSync(folder, { recursive: true })
  }
}

function tell(rounds: Round[]): number {
  const report = reportOf(rounds)
  const told = { machine: machine([WRK]), date: new Date().toISOString().slice(0, 10), command: `npm run bench:rehearse -- ${process.argv.slice(2).join(' ')}`.trim() } // prettier-ignore
  process.stdout.write(values.json ? `${JSON.stringify({ ...told, ...report })}\n` : `${textOf(report, told)}\n`)
  if (values.write) writeFileSync(PAGE, withBlock(readFileSync(PAGE, 'utf8'), 'rehearse', textOf(report, told)))
  return report.goals.every(({ met }) => met) ? 0 : 1
}

function bearable({ requests, cpu }: Round): number {
  return Math.min(MOST_RATE, Math.floor((SHARE_OF_CORE * requests) / cpu))
}

function fail(text: string): number {
  process.stderr.write(`${text}\n`)
  return 2
}

interface World {
  port: number
  bins: string
  folder: string
  rate: number
  seconds: number
}

/** One generator under full way: what it asked and what CPU that took it. */
async function measured(generator: Generator, world: World, site: ChildProcess): Promise<Round> {
  const { seconds } = world
  const argv = generator.argv({ ...world, seconds: seconds + (2 * WARM_UP_MS) / 1000 })
  const started = start(argv, OWN_CORE)
  try {
    await sleep(WARM_UP_MS + generator.startsWithinMs)
    const [asked, cpu] = [await askedOf(site), cpuSeconds(started.pid)]
    await sleep(seconds * 1000)
    const [requests, used] = [(await askedOf(site)) - asked, cpuSeconds(started.pid) - cpu]
    if (started.exitCode() !== undefined || requests === 0) throw new Error(`${generator.name} ended too early: ${started.printed()}`) // prettier-ignore
    process.stderr.write(`${generator.name}: ${requests} requests, ${used.toFixed(2)} s of CPU\n`)
    return { name: generator.name, requests, cpu: used, seconds }
  } finally {
    await started.stop()
  }
}

async function askedOf(site: ChildProcess): Promise<number> {
  site.stdin!.write('\n')
  return Number(await lineOf(site))
}

async function lineOf(site: ChildProcess): Promise<string> {
  const [bytes] = (await once(site.stdout!, 'data')) as [Buffer]
  return bytes.toString().trim()
}
