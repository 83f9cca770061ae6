// The storm: an origin server of fixed capacity C, whose throughput falls once more stand in line than it has workers, under
// ten times C for a minute. Once straight, which shows the collapse, and once behind Breakwater with a waiting room.
//
//   npm run bench:storm -- [--capacity C] [--seconds N] [--json] [--write]

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePort } from '../http.ts'
import { machine } from '../machine.ts'
import { withBlock } from '../markdown.ts'
import { Crowd } from './crowd.ts'
import { judge } from './judge.ts'
import type { Outcome } from './judge.ts'
import { page, table } from './report.ts'

/** An answer takes a worker of the origin so long, seconds. */
const WORK = 0.1
/** How throughput falls beyond the workers: as the power 1 − POWER of what stands in line. */
const POWER = 1.7
const TIMES = 10
/** Seconds that the crowd's places are watched for after the last arrival: who was called meanwhile proves an estimate. */
const AFTERWARDS = 30
const READY_WITHIN = 20_000
/** Seconds of ordinary use before the storm. */
const BEFORE = 5
/** For the origin's own count. */
const MOST_TRIES = 20

const { values } = parseArgs({
  options: {
    capacity: { type: 'string', default: '80' },
    seconds: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const capacity = whole('capacity', 1, 1000)
const seconds = whole('seconds', 5, 600)
const folder = mkdtempSync(join(tmpdir(), 'breakwater-storm-'))
const children = new Set<ChildProcess>()

try {
  const straight = await storm('straight')
  const shielded = await storm('shielded')
  const report = {
    ...{ machine: machine([]), date: new Date().toISOString().slice(0, 10), capacity, offered: TIMES * capacity },
    ...{ seconds, straight, shielded },
  }
  if (values.write) {
    const file = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url))
    writeFileSync(file, withBlock(readFileSync(file, 'utf8'), 'storm', page(report)))
  }
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : `${table(report)}\n`)
} finally {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}

async function storm(how: 'straight' | 'shielded'): Promise<Outcome> {
  tell(`${how}: ${TIMES * capacity} visitors a second for ${seconds} s`)
  const origin = await startOrigin()
  const shield = how === 'shielded' ? await startShield(origin.url) : null
  const port = shield?.port ?? Number(new URL(origin.url).port)
  await ordinaryDay(port)
  const earlier = await origin.completed()
  const crowd = new Crowd(port)
  const ticker = setInterval(() => void progress(origin, crowd), 5000)
  await crowd.come(TIMES * capacity, seconds)
  const completed = (await origin.completed()) - earlier
  await sleep(shield === null ? 0 : AFTERWARDS * 1000)
  clearInterval(ticker)
  crowd.end()
  await stop(origin.child)
  if (shield !== null) await stop(shield.child)
  return judge(crowd.visitors, completed, seconds, capacity)
}

/** A storm comes over a site that is in use: a quarter of what it bears, until nothing is cold any more. */
async function ordinaryDay(port: number): Promise<void> {
  const visitors = new Crowd(port)
  await visitors.come(capacity / 4, BEFORE)
  await sleep(1000)
  visitors.end()
}

async function progress(origin: { completed(): Promise<number> }, crowd: Crowd): Promise<void> {
  tell(`${await origin.completed()} completed, ${crowd.open} visitors there`)
}

async function startOrigin() {
  const program = fileURLToPath(new URL('origin.ts', import.meta.url))
  const child = launch([program, `${capacity}`, `${Math.ceil(capacity * WORK)}`, `${POWER}`])
  const [line] = (await once(child.stdout!, 'data')) as [Buffer]
  const url = String(line).trim()
  const completed = async (): Promise<number> => {
    // It closes connections that are idle for five seconds, just when they would be used again; and while it is drowned in
    // visitors some of its connections are reset, this one too.
    for (let tries = 1; ; tries++)
      try {
        const answer = await fetch(`${url}/.count`, { headers: { Connection: 'close' } })
        return ((await answer.json()) as { completed: number }).completed
      } catch (error) {
        if (tries === MOST_TRIES) throw error
        await sleep(500)
      }
  }
  return { child, url, completed }
}

async function startShield(url: string) {
  const [port, admin] = [await freePort(), await freePort()]
  const file = join(folder, 'breakwater.json')
  const config = {
    ...{ listen: `127.0.0.1:${port}`, admin: `127.0.0.1:${admin}`, data: join(folder, 'data') },
    sites: [{ name: 'shop', origins: [url], waitingRoom: {} }],
  }
  writeFileSync(file, JSON.stringify(config))
  const child = launch([fileURLToPath(new URL('../../bin/breakwater.mjs', import.meta.url)), 'serve', '--config', file])
  const began = performance.now()
  while (!(await isReady(admin))) {
    if (performance.now() - began > READY_WITHIN) throw new Error(`Breakwater is not ready after ${READY_WITHIN} ms`)
    await sleep(100)
  }
  // Numbers of the waiting room are given out once they are on disk.
  await sleep(500)
  return { child, port }
}

async function isReady(admin: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${admin}/readyz`)).ok
  } catch {
    return false
  }
}

function launch(argv: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'ignore'] })
  children.add(child)
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close')
  child.stdout?.resume()
  child.kill('SIGKILL')
  await ended
  children.delete(child)
}

function whole(name: 'capacity' | 'seconds', least: number, most: number): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= least && value <= most) return value
  process.stderr.write(`--${name} takes a whole number from ${least} to ${most}, not ${values[name]}\n`)
  process.exit(2)
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`)
}
