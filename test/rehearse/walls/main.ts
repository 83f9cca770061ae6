// `npm run walls`: ten small sites with a bottleneck each, whose true wall a simulation tells; `breakwater rehearse
// --find-wall --json` has to find each within 10% and name what broke. `--only NAME` for one, `--hold SECONDS` for shorter
// searches, `--json` for programs, `--reports FOLDER` for what each search has told. Exits 1 when fewer than nine are right or a wrong name was given.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as models from './models.ts'
import { trueWall } from './models.ts'

interface Wall {
  name: string
  /** Names that are right; none: that nothing is known is right. */
  culprits: string[]
  /** The true wall of a site that does so many a second when it has never to wait; Infinity where there is none. */
  truth: (capacity: number) => number
  /** How many are asked at once to see what it does at its best; 0: nothing of it has to be measured. */
  atOnce: number
  flags?: string[]
}

const WALLS: Wall[] = [
  { name: 'pool', culprits: ['connection pool', 'pool'], atOnce: 16, truth: capacity => trueWall(models.queue(models.POOL, models.POOL / capacity)) },
  { name: 'cpu', culprits: ['cpu'], atOnce: 8, truth: capacity => trueWall(models.queue(1, 1 / capacity)) },
  { name: 'lock', culprits: ['lock'], atOnce: 8, truth: capacity => trueWall(models.queue(1, 1 / capacity)) },
  { name: 'disk', culprits: ['disk'], atOnce: 8, truth: capacity => trueWall(models.queue(1, 1 / capacity)) },
  { name: 'slow query', culprits: ['service on port'], atOnce: 8, truth: capacity => trueWall(models.queue(1, 1 / capacity)) },
  { name: 'memory leak', culprits: ['memory'], atOnce: -1, truth: most => trueWall(models.leaking(most, models.HELD_MS / 1000)) },
  { name: 'connection limit', culprits: ['connection limit'], atOnce: 50, truth: capacity => trueWall(models.slots(models.MOST_CONNECTIONS, 50 / capacity)) },
  { name: 'rate limiter', culprits: ['rate limiter'], atOnce: 0, truth: () => trueWall(models.bucket(models.LIMITER)) },
  { name: 'collapse', culprits: ['cpu', 'contention'], atOnce: 1, truth: capacity => trueWall(models.collapsing(overheadOf(capacity))) },
  { name: 'none', culprits: [], atOnce: 0, truth: () => Infinity, flags: ['--workers', '1'] },
] // prettier-ignore

/** One after the other: what a page takes beside its delay and its work. */
const overheadOf = (capacity: number): number =>
  Math.max(0, 1 / capacity - (models.COLLAPSE.delayMs + models.COLLAPSE.workMs * (1 + 1 / models.COLLAPSE.per)) / 1000)

/** What `--json` prints, as far as it is looked at. */
interface Report {
  valid: boolean
  wall: { ratePerSecond: number; interval: [number, number] } | null
  noWallUpTo: number | null
  culprit: { signal: string; evidence: string } | null
  limitedBy: { evidence: string } | null
  faults: string[]
}

interface Outcome {
  name: string
  truth: number
  found: number | null
  interval: [number, number] | null
  culprit: string | null
  evidence: string
  within: boolean
  named: boolean
  wrong: boolean
  seconds: number
}

const MEASURED_MS = 5000
/** Until the last of them has come. */
const APART_MS = 200

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    hold: { type: 'string' },
    json: { type: 'boolean' },
    reports: { type: 'string' },
  },
})
const program = fileURLToPath(new URL('../../../bin/breakwater.mjs', import.meta.url))
const origin = fileURLToPath(new URL('./origin.ts', import.meta.url))

const outcomes: Outcome[] = []
for (const wall of WALLS.filter(({ name }) => values.only === undefined || values.only.includes(name))) {
  outcomes.push(await find(wall))
  if (values.json !== true) process.stdout.write(lineOf(outcomes.at(-1)!))
}
if (values.json === true) process.stdout.write(`${JSON.stringify(outcomes)}\n`)
const enough = outcomes.length - 1
const good = (of: (outcome: Outcome) => boolean): number => outcomes.filter(of).length
const passed = good(each => each.within) === outcomes.length && good(each => each.named) >= enough && good(each => each.wrong) === 0 // prettier-ignore
process.stderr.write(
  `${good(each => each.within)} of ${outcomes.length} walls within 10%, ${good(each => each.named)} culprits right, ${good(each => each.wrong)} wrong names\n`,
)
process.exitCode = passed ? 0 : 1

async function find(wall: Wall): Promise<Outcome> {
  const started = performance.now()
  const site = spawn(process.execPath, [origin, wall.name], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const [line] = (await once(site.stdout, 'data')) as [Buffer]
    const port = Number(line)
    const before = await measured(port, wall.atOnce)
    const report = await search(port, wall.name, wall.flags ?? [])
    // How quick a shared machine is changes within minutes: what counts is how it was during the search.
    const after = wall.atOnce > 0 ? await measured(port, wall.atOnce) : before
    return judge(wall, wall.truth((before + after) / 2), report, (performance.now() - started) / 1000)
  } finally {
    await end(site)
  }
}

async function end(site: ChildProcess): Promise<void> {
  const gone = once(site, 'exit')
  site.stdin!.end()
  const force = setTimeout(() => site.kill('SIGKILL'), 3000)
  await gone
  clearTimeout(force)
}

async function measured(port: number, atOnce: number): Promise<number> {
  if (atOnce === 0) return 0
  return atOnce < 0 ? countToDeath(port) : capacityOf(port, atOnce)
}

/** Answers per second with so many visitors, each asking again at once, on a new connection as the search's visitors do. */
async function capacityOf(port: number, atOnce: number): Promise<number> {
  const until = performance.now() + MEASURED_MS
  let done = 0
  const started = performance.now()
  // Not all in the same moment, time after time, where each page takes as long: they would wait for one another.
  const one = async (nth: number): Promise<void> => {
    await sleep((nth / atOnce) * APART_MS)
    while (performance.now() < until) if (await ask(port)) done++
  }
  await Promise.all(Array.from({ length: atOnce }, (_, nth) => one(nth)))
  return (done / (performance.now() - started)) * 1000
}

/** Answers until the site dies of what it keeps; it begins anew after that. */
async function countToDeath(port: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  let done = 0
  while (done < 20_000 && (await ask(port, agent))) done++
  agent.destroy()
  for (let up = false; !up;) up = await ask(port)
  return done
}

function ask(port: number, agent?: Agent): Promise<boolean> {
  return new Promise(resolve => {
    const request = get(
      { host: '127.0.0.1', port, ...(agent === undefined ? { agent: false } : { agent }) },
      answer => {
        answer
          .resume()
          .on('end', () => resolve(answer.statusCode === 200))
          .on('error', () => resolve(false))
      },
    )
    request.on('error', () => resolve(false))
  })
}

async function search(port: number, name: string, flags: string[]): Promise<Report> {
  const hold = values.hold === undefined ? [] : ['--hold', values.hold]
  const args = [program, 'rehearse', `http://127.0.0.1:${port}`, '--find-wall', '--json', '--no-keep', ...hold, ...flags] // prettier-ignore
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()))
  await once(child, 'close')
  if (values.reports !== undefined) writeFileSync(join(values.reports, `${name}.json`), text)
  return JSON.parse(text) as Report
}

function judge(wall: Wall, truth: number, report: Report, seconds: number): Outcome {
  const found = report.wall?.ratePerSecond ?? null
  const signal = report.culprit?.signal ?? null
  const named = wall.culprits.length === 0 ? signal === null : wall.culprits.some(name => signal?.startsWith(name))
  return {
    name: wall.name,
    truth,
    found,
    interval: report.wall?.interval ?? null,
    culprit: signal,
    evidence: report.culprit?.evidence ?? report.limitedBy?.evidence ?? report.faults.join('; '),
    within: truth === Infinity ? found === null && report.valid : found !== null && Math.abs(found / truth - 1) <= 0.1,
    named,
    wrong: signal !== null && !named,
    seconds,
  }
}

function lineOf({ name, truth, found, culprit, evidence, within, named, seconds }: Outcome): string {
  const error = found === null || truth === Infinity ? '-' : `${((found / truth - 1) * 100).toFixed(1)}%`
  const cells = [name.padEnd(17), truth.toFixed(1).padStart(9), (found === null ? '-' : found.toFixed(1)).padStart(9), error.padStart(8)] // prettier-ignore
  return `${cells.join('')}  ${within ? 'within 10%' : 'NOT within'}  ${named ? '' : 'NOT '}${culprit ?? 'not known'}  (${Math.round(seconds)} s)\n    ${evidence}\n`
}
