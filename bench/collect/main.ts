// `npm run bench:collect`: how many posts of 1 KiB are taken a second with a real fsync before each answer, on two cores, the load
// included; and how long answers take at 70% of that. Beside it in the same run the same posts into PostgreSQL and Redis.

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { outcome } from '../load/wrk.ts'
import { machine } from '../machine.ts'
import { withBlock } from '../markdown.ts'
import { coreBusySeconds as coreBusy, cpuSeconds } from '../proc.ts'
import { runToEnd, stopEverything } from '../processes.ts'
import { TASKSET, WRK, has, installation, located } from '../programs.ts'
import { cores } from '../world.ts'
import { PEERS } from './peers.ts'
import type { Peer, Taker } from './peers.ts'
import { BYTES, PATH, wrkScript } from './post.ts'
import { goalsOf, textOf } from './report.ts'
import type { Report, Round } from './report.ts'

const USAGE = `npm run bench:collect -- [options]

How many posts of ${BYTES} bytes are accepted a second, each synced to disk before it is answered, on two cores with the
load's own work included, and the times of answers at 70% of that. Beside it PostgreSQL and Redis, where they are installed.

  --peers NAME,…     ${PEERS.map(({ name }) => name).join(', ')} (default: all)
  --rounds N         rounds, each server once in each (default: 3)
  --seconds N        length of each load (default: 10)
  --json             print the report as JSON
  --write            put the report into docs/benchmarks.md
  --folder PATH      where the data lies, on a real disk (default: the system's folder for temporary files)

Exit code 1: an answer was wrong, or a goal was missed by Breakwater. 2: the command line is wrong, or wrk is missing.`

const SHARE = 0.7
const CONNECTIONS = 256
const PAGE = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url))
const PACED = fileURLToPath(new URL('paced.ts', import.meta.url))

const args = process.argv.slice(2)
/** The number of the last post: each has one of its own. */
let posts = 0

const say = (line: string): void => void process.stderr.write(`${line}\n`)
process.exitCode = await main()

async function main(): Promise<number> {
  const wishes = wishesOf()
  if (typeof wishes === 'number') return wishes
  const { peers, rounds, seconds, folder, json, write } = wishes
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => void end(folder).then(() => process.exit(130)))
  const report: Record<string, Round[]> = {}
  try {
    for (let round = 0; round < rounds; round++)
      for (const peer of peers) {
        const found = await measured(peer, join(folder, `${peer.name}${round}`), seconds)
        ;(report[peer.name] ??= []).push(found)
        say(
          `${peer.title}: ${Math.round(found.rate)}/s, p99 ${found.p99.toFixed(1)} ms at ${Math.round(found.pace)}/s${found.problems.map(each => `; ${each}`).join('')}`,
        )
      }
  } finally {
    await end(folder)
  }
  const told: Report = {
    date: new Date().toISOString().slice(0, 10),
    command: ['npm run bench:collect', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    machine: machine([...new Set([...peers.flatMap(({ programs }) => programs), WRK])]),
    rounds: report,
    goals: goalsOf(report),
  }
  if (json) console.log(JSON.stringify(told, null, 2))
  else console.log(textOf(told))
  if (write) writeFileSync(PAGE, withBlock(readFileSync(PAGE, 'utf8'), 'collect', textOf(told)))
  return told.goals.every(({ met }) => met) &&
    Object.values(report).every(all => all.every(({ problems }) => problems.length === 0))
    ? 0
    : 1
}

async function end(folder: string): Promise<void> {
  await stopEverything()
  rmSync(folder, { recursive: true, force: true })
}

interface Wishes {
  peers: Peer[]
  rounds: number
  seconds: number
  folder: string
  json: boolean
  write: boolean
}

/** What is wished for, or the exit code. */
function wishesOf(): Wishes | number {
  const names = PEERS.map(({ name }) => name).join()
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const options = {
    peers: { ...text, default: names },
    rounds: text,
    seconds: text,
    folder: text,
    json: flag,
    write: flag,
    help: flag,
  }
  let values
  try {
    values = parseArgs({ args, options }).values
  } catch (error) {
    say(`${(error as Error).message}\nSee npm run bench:collect -- --help`)
    return 2
  }
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const wanted = values.peers.split(',')
  const unknown = wanted.find(name => !PEERS.some(peer => peer.name === name))
  const [rounds, seconds] = [Number(values.rounds ?? 3), Number(values.seconds ?? 10)]
  if (unknown !== undefined || !(rounds >= 1 && rounds <= 100) || !(seconds >= 1 && seconds <= 300)) {
    say(unknown === undefined ? '--rounds is 1 to 100, --seconds 1 to 300.' : `There is no ${unknown}: ${names}.`)
    return 2
  }
  if (process.platform !== 'linux' || !has('wrk') || !has('taskset')) {
    say(`It runs on Linux with wrk and taskset. To install them: ${installation([WRK, TASKSET])}`)
    return 2
  }
  const peers = PEERS.filter(({ name }) => wanted.includes(name)).filter(({ title, programs }) => {
    const missing = programs.filter(({ command }) => !has(command))
    if (missing.length > 0) say(`Left out: ${title}. To install: ${installation(missing)}`)
    return missing.length === 0
  })
  const folder = mkdtempSync(join(values.folder ?? tmpdir(), 'bw-bench-'))
  chmodSync(folder, 0o755)
  return { peers, rounds, seconds, folder, json: values.json, write: values.write }
}

async function measured(peer: Peer, folder: string, seconds: number): Promise<Round> {
  mkdirSync(folder)
  const { server, load } = cores()
  const both = `${server},${load}`
  const taker = await peer.start(folder, both)
  try {
    const { total: warm } = await atMost(taker, folder, 3, both)
    const before = await taker.count()
    const cpu = cpuOf(taker)
    const most = await atMost(taker, folder, seconds, both)
    const serverCpu = cpuOf(taker) - cpu
    const rate = most.total / most.seconds
    const pace = rate * SHARE
    const paced = await atPace(taker, pace, seconds, both)
    const kept = (await taker.count()) - before
    const acknowledged = most.total + paced.good
    const problems = [
      ...(warm === 0 ? ['nothing was accepted while warming up'] : []),
      ...most.errors,
      ...(paced.wrong + paced.unanswered > 0
        ? [`${paced.wrong} posts were refused and ${paced.unanswered} not answered at the steady rate`]
        : []),
      ...(kept < acknowledged ? [`${acknowledged} were acknowledged, but only ${kept} kept`] : []),
    ]
    const { p50, p99, most: slowest } = paced
    return {
      ...{ rate, cpu: (most.cpu / most.total) * 1e6, serverCpu: (serverCpu / most.total) * 1e6 },
      ...{ pace: paced.sent / seconds, p50, p99, most: slowest, problems },
    }
  } finally {
    await taker.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function cpuOf({ pids }: Taker): number {
  return pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)
}

/** As fast as 256 visitors at once get their answers. */
async function atMost(taker: Taker, folder: string, seconds: number, both: string) {
  const file = join(folder, 'post.lua')
  writeFileSync(file, wrkScript((posts += 10_000_000)))
  const before = busy()
  const command = [
    located('wrk'),
    '-t1',
    `-c${CONNECTIONS}`,
    `-d${seconds}s`,
    '-s',
    file,
    `http://127.0.0.1:${taker.port}${PATH}`,
  ]
  const { requests, seconds: took, errors } = outcome((await runToEnd(command, both, seconds * 1000 + 15_000)).stdout)
  return {
    total: requests,
    seconds: took,
    cpu: busy() - before,
    errors: Object.entries(errors).map(([kind, count]) => `${count} ${kind} errors`),
  }
}

interface Paced {
  sent: number
  good: number
  wrong: number
  unanswered: number
  p50: number
  p99: number
  most: number
}

async function atPace(taker: Taker, pace: number, seconds: number, both: string): Promise<Paced> {
  const command = [
    process.execPath,
    PACED,
    String(taker.port),
    String(pace),
    String(seconds),
    String((posts += 10_000_000)),
  ]
  return JSON.parse((await runToEnd(command, both, seconds * 1000 + 20_000)).stdout) as Paced
}

/** Seconds that both cores were busy so far, with whatever. */
function busy(): number {
  const { server, load } = cores()
  return server === load ? coreBusy(server) : coreBusy(server) + coreBusy(load)
}
