// The bench: `npm run bench -- --help`. Figures are ratios against other servers in the same run on the same machine,
// because figures by themselves tell more about the machine than about the server.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Case } from './cases/case.ts'
import { fixedLoad } from './cases/fixed-load.ts'
import { hits } from './cases/hits.ts'
import { idle } from './cases/idle.ts'
import { metrics } from './cases/metrics.ts'
import { misses } from './cases/misses.ts'
import { mixed } from './cases/mixed.ts'
import { overhead } from './cases/overhead.ts'
import { plainHead } from './cases/plain-head.ts'
import { purge } from './cases/purge.ts'
import { restart, restartMillion } from './cases/restart.ts'
import { store } from './cases/store.ts'
import { handshakes, tls } from './cases/tls.ts'
import { waiting } from './cases/waiting.ts'
import { machine } from './machine.ts'
import { withReport } from './markdown.ts'
import { readOptions, USAGE } from './options.ts'
import type { Options } from './options.ts'
import { startOrigin } from './origin.ts'
import { breakwater } from './peers/breakwater.ts'
import { breakwaterUncounted } from './peers/breakwater-uncounted.ts'
import { haproxy } from './peers/haproxy.ts'
import { nginx } from './peers/nginx.ts'
import { nginxStatic } from './peers/nginx-static.ts'
import { node } from './peers/node.ts'
import type { Peer } from './peers/peer.ts'
import { varnish, varnishNoLog } from './peers/varnish.ts'
import { stopEverything } from './processes.ts'
import { has, installation, TASKSET, WRK } from './programs.ts'
import type { Program } from './programs.ts'
import { terminalText } from './report.ts'
import type { Report } from './report.ts'
import { runCase } from './run.ts'
import type { CaseReport } from './run.ts'
import { scale } from './scale/main.ts'
import { cores } from './world.ts'

const CASES: readonly Case[] = [
  hits,
  fixedLoad,
  idle,
  misses,
  mixed,
  plainHead,
  store,
  restart,
  restartMillion,
  purge,
  overhead,
  metrics,
  waiting,
  tls,
  handshakes,
]
const PEERS: readonly Peer[] = [
  breakwater,
  breakwaterUncounted,
  nginx,
  nginxStatic,
  node,
  varnish,
  varnishNoLog,
  haproxy,
]
const PAGE = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url))

const say = (line: string): void => void process.stderr.write(`${line}\n`)

const args = process.argv.slice(2)
const command = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')
// Capacity on paper has measurements and options of its own.
process.exitCode = args[0] === 'scale' ? await scale(args.slice(1)) : await main()

async function main(): Promise<number> {
  const names = CASES.map(each => each.name)
  let options: Options
  try {
    options = readOptions(
      args,
      names,
      PEERS.map(each => each.name),
    )
  } catch (error) {
    say(`${(error as Error).message}\nSee npm run bench -- --help`)
    return 2
  }
  if (options.help) {
    console.log(USAGE.replace('CASES', names.join(', ')).replace('PEERS', PEERS.map(each => each.name).join(', ')))
    return 0
  }
  const missing = missingFrom([WRK, TASKSET])
  if (process.platform === 'linux' && missing.length === 0) return bench(options)
  say(`The bench runs on Linux with wrk and taskset. To install them: ${installation([WRK, TASKSET])}`)
  return 2
}

async function bench(options: Options): Promise<number> {
  const peers = present(PEERS.filter(each => options.peers.includes(each.name)))
  const cases = CASES.filter(each => options.cases.length === 0 || options.cases.includes(each.name))
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'breakwater-bench-'))
  endWith(folder)
  try {
    const reports = await runAll(cases, peers, options, folder)
    const programs = [...new Set([...peers.flatMap(each => each.programs), WRK])]
    return publish(
      { date: new Date().toISOString().slice(0, 10), machine: machine(programs), command, cases: reports },
      options,
    )
  } finally {
    await end(folder)
  }
}

/** A signal ends the bench and all it started. It may come twice: Ctrl-C reaches us from the terminal and from npm. */
function endWith(folder: string): void {
  let ending = false
  const onSignal = (): void => {
    if (!ending) void end(folder).then(() => process.exit(130))
    ending = true
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
}

async function end(folder: string): Promise<void> {
  await stopEverything()
  rmSync(folder, { recursive: true, force: true })
}

async function runAll(
  cases: readonly Case[],
  peers: readonly Peer[],
  options: Options,
  folder: string,
): Promise<CaseReport[]> {
  const used = cores()
  const origin = await startOrigin(folder, used.load)
  const world = { origin, folder, seconds: options.seconds, cores: used, say }
  const reports: CaseReport[] = []
  for (const each of cases) reports.push(await runCase(each, peers, options.rounds, options, world))
  return reports.filter(each => each.variants.length > 0)
}

/** Prints the report, writes the page if asked to; the exit code. */
function publish(report: Report, options: Options): number {
  if (options.json) console.log(JSON.stringify(report, null, 2))
  else process.stdout.write(terminalText(report, process.stdout.isTTY && process.env['NO_COLOR'] === undefined))
  if (options.write) writeFileSync(PAGE, withReport(readFileSync(PAGE, 'utf8'), report))
  const variants = report.cases.flatMap(each => each.variants)
  if (variants.some(variant => variant.results.some(each => each.validRounds === 0))) return 1
  const missed = variants.some(variant => variant.comparisons.some(each => each.goal?.verdict === 'missed'))
  return options.strict && missed ? 3 : 0
}

/** The peers that can be started here; says how to get the others. */
function present(peers: readonly Peer[]): Peer[] {
  const missing = missingFrom(peers.flatMap(each => each.programs))
  if (missing.length > 0) {
    say(`Not on this machine: ${missing.map(each => each.command).join(', ')}. To install: ${installation(missing)}`)
  }
  return peers.filter(each => missingFrom(each.programs).length === 0)
}

function missingFrom(programs: readonly Program[]): Program[] {
  return [...new Set(programs)].filter(each => !has(each.command))
}
