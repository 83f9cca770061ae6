// The options of `breakwater rehearse`, in the order in which they are told: the crowd, where gauges are read, what becomes of
// what was seen.
import type { Command } from 'commander'
import { MOST_BROWSERS } from '../../rehearse/browsers/browsers.ts'
import { DEFAULT_SLO, HOLD_SECONDS } from '../../rehearse/wall/slo.ts'
import { STORMS } from '../storms/storms.ts'
import { addTo, numberFrom, pathFrom, SHAPE_USAGE, shapeFrom, shareFrom } from './flags.ts'
import { DEFAULT_DATA, DEFAULT_RATE, DEFAULT_SECONDS, DEFAULT_VERSION_FIELD } from './defaults.ts'
import { thresholdFrom } from './thresholds.ts'

/** Who comes, how many, when, and what for. */
export function crowdOptions(command: Command): void {
  command
    .option('--find-wall', 'find the highest rate that holds for a minute, and what breaks first; up to 8 minutes')
    .option('--rate <n>', `arrivals per second (default: ${DEFAULT_RATE})`, numberFrom(0.1, 100_000))
    .option('--seconds <n>', `how long they come (default: ${DEFAULT_SECONDS})`, numberFrom(1, 3600))
    .option('--shape <shape>', `how they come, instead of --rate: ${SHAPE_USAGE}`, shapeFrom)
    .option(
      '--as <log>',
      'how they came: an access log (its pages, too), or the shield’s own history: today, yesterday; its busiest part',
    )
    .option('--http2', 'visitors speak HTTP/2')
    .option('--visits', 'with a log: whole visits, page after page with their pauses, instead of single pages')
    .option('--times <n>', 'so many times as many as in the log (default: 1)', numberFrom(0.001, 1000))
    .option('--path <path[=weight]>', 'a page that is asked for; may be repeated (default: /)', pathFrom, [])
    .option('--journey <file>', 'what visitors do, as YAML, JSON or a module; may be repeated', addTo, [])
    .option('--new-visitors <share>', 'arrivals with empty cookies on a connection of their own', shareFrom)
    .option('--reload-after <seconds>', 'when impatient visitors reload', numberFrom(0.1, 3600))
    .option('--slo-p95 <ms>', `95 of 100 wait less (default: ${DEFAULT_SLO.p95Ms})`, numberFrom(1, 10_000))
    .option('--slo-errors <share>', `fewer views are lost (default: ${DEFAULT_SLO.errorShare * 100}%)`, shareFrom)
    .option('--hold <seconds>', `how long the wall has to hold (default: ${HOLD_SECONDS})`, numberFrom(5, 300))
    .option('--workers <n>', 'threads of the generator', numberFrom(1, 16))
    .option('--connections <n>', 'connections open at once at most', numberFrom(1, 40_000))
    .option('--seed <n>', 'makes arrivals and choices repeatable', numberFrom(0, 2 ** 32 - 1))
}

/** Where it is read what is full. */
export function gaugeOptions(command: Command): void {
  command
    .option(
      '--watch <port>',
      'read the gauges of what listens there (default: the port of the URL)',
      numberFrom(1, 65_535),
    ) // prettier-ignore
    .option('--agent <url>', 'gauges of another host: breakwater agent there; may be repeated', addTo, [])
    .option('--node-exporter <url>', 'the same of Prometheus; may be repeated', addTo, [])
    .option('--postgres <url>', 'gauges of PostgreSQL: sessions, locks, slow queries; may be repeated', addTo, [])
    .option('--mysql <url>', 'the same of MySQL or MariaDB; may be repeated', addTo, [])
    .option('--redis <url>', 'the same of Redis or Valkey; may be repeated', addTo, [])
}

/** What has to hold, what stops it, how it is told and where it is kept. */
export function resultOptions(command: Command): void {
  command
    .option(
      '--threshold <rule>',
      `what has to hold, such as 'p95<500ms' or 'wall>80', or the exit code is 1; may be repeated`,
      thresholdFrom,
      [],
    )
    .option(
      '--live <apdex>',
      'at a site in use: stop when the Apdex of its visitors falls below, such as 0.85',
      numberFrom(0.01, 1),
    )
    .option(
      '--admin <address>',
      'with --live: the admin address of the shield before the site, which tells how its visitors fare',
    )
    .option(
      '--browsers <n>',
      'real browsers beside the crowd, which tell what pages felt like (Chromium, playwright-core)',
      numberFrom(1, MOST_BROWSERS),
    )
    .option('--html <file>', 'write a page with charts, too')
    .option('-c, --config <file>', 'the config that names hosts which may be rehearsed, for other machines than this')
    .option('--if-stale', 'only if what the same rehearsal was true of has changed since')
    .option('--version-field <name>', `the response field that tells the version (default: ${DEFAULT_VERSION_FIELD})`)
    .option('--flags-from <command>', 'a command that prints what else it depends on, such as feature flags')
    .option(
      '--event <name>',
      'do the steps of this planned event at the running process before, and undo them afterwards',
    )
    .option('--data <folder>', `where rehearsals are kept (default: ${DEFAULT_DATA})`)
    .option('--no-keep', 'keep nothing of it')
    .option('--scenario <name>', `play a true story on a small site: ${STORMS.map(storm => storm.name).join(', ')}`)
    .option('--without', 'play the scenario without the shield only')
    .option('--json', 'print one JSON object and nothing else')
}
