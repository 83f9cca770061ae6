// A rehearsal as one page that can be handed round: what the site bears, what gave way first, and the charts behind it. For
// people who were not there, so each figure says what it is. Pure.
import { type Axis, figure, type Mark } from '../../charts/chart.ts'
import { count, milliseconds, percent, score } from '../../charts/numbers.ts'
import { page, paragraphs, type Section, table, type Tile } from '../../charts/page.ts'
import type { Series } from '../../charts/plot.ts'
import { type Felt, feltText } from '../../rehearse/browsers/felt.ts'
import type { Reading } from '../../rehearse/gauges/gauges.ts'
import type { LoadResult } from '../../rehearse/load.ts'
import type { RouteFigures } from '../../rehearse/routes.ts'
import type { Level } from '../../rehearse/wall/level.ts'
import type { WallReport } from '../../rehearse/wall/report.ts'
import type { Slo } from '../../rehearse/wall/slo.ts'
import type { Second } from '../../rehearse/watch.ts'
import { type Kept as Threshold, thresholdText } from './thresholds.ts'

/** What happened in one second of the rehearsal, whatever level it belongs to. */
interface Moment {
  second: Second
  reading: Reading | undefined
}

interface Common {
  thresholds: readonly Threshold[]
  /** What real browsers felt; null without any. */
  felt: readonly Felt[] | null
  /** When it ended, in words. */
  when: string
}

const promise = ({ errorShare, p95Ms }: Slo): string =>
  `fewer than ${errorShare * 100}% of the visits are lost, and 95 of 100 wait less than ${p95Ms} ms`

export function wallPage(report: WallReport, levels: readonly Level[], { thresholds, felt, when }: Common): string {
  const { wall, target, slo, process, seed } = report
  const asked = `Visitors came to ${target} on a schedule of their own (${process} arrivals, seed ${seed}), more and more of them, until the site could not keep its promise: ${promise(slo)}.`
  return page(`Rehearsal of ${target}`, `${when}. ${asked}`, wallTiles(report), [
    { title: 'What was found', body: paragraphs(wallSentences(report)) },
    ...thresholdSection(thresholds),
    ...feltSection(felt),
    { title: 'What the site did with more and more visitors', body: charts(overRate(levels, wall?.ratePerSecond)) },
    ...gaugeSection(report),
    { title: 'Second by second', body: charts(overTime(momentsOf(levels))) },
    levelSection(report),
    ...routeSection(report.slowestRoutes),
    ...querySection(report),
  ])
}

export function loadPage(
  load: LoadResult,
  slo: Slo,
  miss: string | undefined,
  moments: readonly Moment[],
  { thresholds, felt, when }: Common,
): string {
  const { target, process, seed, seconds } = load
  const verdict = miss === undefined ? `The site kept its promise: ${promise(slo)}.` : `The site did not keep its promise (${promise(slo)}): ${miss}.` // prettier-ignore
  const lead = `${when}. Visitors came to ${target} for ${Math.round(seconds)} s on a schedule of their own (${process} arrivals, seed ${seed}).`
  const faults = load.faults.map(fault => `This run says nothing about the site: ${fault}.`)
  return page(`Rehearsal of ${target}`, lead, loadTiles(load, miss), [
    {
      title: 'What was found',
      body: paragraphs([
        ...faults,
        ...(load.valid || miss !== undefined ? [verdict] : []),
        ...load.notes.map(note => `Seen: ${note}`),
      ]),
    },
    ...thresholdSection(thresholds),
    ...feltSection(felt),
    { title: 'Second by second', body: charts(overTime(moments)) },
    ...routeSection(load.routes),
  ])
}

function feltSection(felt: readonly Felt[] | null): Section[] {
  return felt === null ? [] : [{ title: 'What real browsers felt', body: paragraphs(feltText(felt).map(each => `${each}.`)) }] // prettier-ignore
}

function wallTiles(report: WallReport): Tile[] {
  const { wall, noWallUpTo, knee, beyond, recoverySeconds, culprit } = report
  return [
    { label: 'The wall, arrivals a second', value: wall === null ? (noWallUpTo === null ? 'none held' : `above ${count(noWallUpTo)}`) : String(wall.ratePerSecond), ...(wall === null ? {} : { more: `between ${wall.interval.join(' and ')}` }) },
    { label: 'Visitors at a time there', value: count(wall?.visitors ?? null), ...(wall === null ? {} : { more: `who think ${wall.thinkSeconds} s between pages` }) },
    { label: 'Gave way first', value: culprit?.signal ?? 'not known', ...(culprit === null ? {} : { mood: 'bad' as const }) },
    { label: 'Past the wall it', value: beyond?.behaviour ?? 'was not seen', ...(beyond === null ? {} : { more: `${beyond.goodPerSecond} good answers a second`, mood: beyond.behaviour === 'collapses' ? ('bad' as const) : ('good' as const) }) },
    { label: 'Itself again after', value: recoverySeconds === null ? 'not seen' : `${recoverySeconds} s` },
    { label: 'Waiting grows from', value: knee === null ? 'not seen' : `${knee.ratePerSecond} a second`, more: 'the knee' },
  ] // prettier-ignore
}

function wallSentences(report: WallReport): string[] {
  const { wall, noWallUpTo, culprit, limitedBy, faults, notes, alsoFull } = report
  return [
    ...faults.map(fault => `This rehearsal says nothing about the site: ${fault}.`),
    wall === null
      ? noWallUpTo === null ? 'No rate held, however low.' : `Up to ${noWallUpTo} arrivals a second no wall was met.`
      : `The site bears ${wall.ratePerSecond} arrivals a second: that many were held for ${wall.heldSeconds} s. At ${wall.interval[1]} it did not keep its promise any more.`,
    ...(limitedBy === null ? [] : [`More could not be asked by this machine: ${limitedBy.evidence}.`]),
    culprit === null ? 'What would give way first is not known: nothing that was looked at explains it.' : `What gave way first: ${culprit.signal}. The evidence: ${culprit.evidence}.`,
    ...alsoFull.map(({ signal, evidence }) => `Full by then, too: ${signal}: ${evidence}.`),
    ...notes.map(note => `Seen: ${note}`),
  ] // prettier-ignore
}

function loadTiles(load: LoadResult, miss: string | undefined): Tile[] {
  const { planned, good, lost, latencyMs, apdex, seconds, visitors } = load
  return [
    { label: 'The promise', value: miss === undefined ? 'kept' : 'not kept', mood: miss === undefined ? 'good' : 'bad' },
    { label: 'Visitors', value: count(visitors), more: `${(planned / seconds).toFixed(1)} visits a second` },
    { label: 'Lost', value: percent(lost / Math.max(1, good + lost)), more: `${count(lost)} of ${count(good + lost)}`, mood: lost === 0 ? 'good' : 'bad' },
    { label: '95 of 100 waited less than', value: milliseconds(latencyMs.p95), more: `99 of 100: ${milliseconds(latencyMs.p99)}` },
    { label: 'Apdex', value: score(apdex), mood: apdex < 0.7 ? 'bad' : 'good' },
  ] // prettier-ignore
}

const charts = (figures: readonly string[]): string =>
  `<div class="charts">${figures.map(each => `<div>${each}</div>`).join('\n')}</div>`

const perSecond = (value: number | null): string => (value === null ? '–' : value >= 10 || value === 0 ? count(value) : value.toFixed(1)) // prettier-ignore

const line = (label: string, colour: string, values: (number | null)[], look?: 'dashed'): Series => ({ label, colour, values, ...(look === undefined ? {} : { look }) }) // prettier-ignore

/** The levels from the lowest rate to the highest; of several at one rate, the longest. */
function overRate(levels: readonly Level[], wall: number | undefined): string[] {
  const best = new Map<number, Level>()
  for (const level of levels) if ((best.get(level.rate)?.seconds ?? 0) < level.seconds) best.set(level.rate, level)
  const shown = [...best.values()].toSorted((a, b) => a.rate - b.rate)
  const highest = shown.at(-1)?.rate ?? 1
  const marks: Mark[] = wall === undefined ? [] : [{ from: wall, to: highest, colour: 'bad' }]
  const axis: Axis = { unit: 'rate', from: 0, to: highest, zone: 'UTC', at: shown.map(({ rate }) => rate), marks }
  const done = shown.map(({ bySecond, seconds }) => bySecond.filter(each => each.second <= seconds).reduce((sum, each) => sum + each.good, 0) / Math.max(1, Math.min(seconds, bySecond.length))) // prettier-ignore
  return [
    figure({ title: 'Good answers a second', prose: 'Where the lines part, the site does less than is asked. Shaded: beyond the wall.', format: perSecond, series: [line('asked', 'other', shown.map(({ rate }) => rate), 'dashed'), line('answered well', 'store', done)] }, sparse(axis)),
    figure({ title: 'How long visitors waited', prose: 'Along: arrivals a second.', format: milliseconds, series: [line('half of them less than', 'stale', shown.map(each => each.result.latencyMs.p50)), line('95 of 100 less than', 'origin', shown.map(each => each.result.latencyMs.p95))] }, sparse(axis)),
  ] // prettier-ignore
}

/** Levels lie far apart: no gap between them says that nothing is known. */
const sparse = (axis: Axis): Axis => ({ ...axis, joined: true })

function gaugeSection({ culprit, alsoFull }: WallReport): Section[] {
  const suspects = [...(culprit === null ? [] : [culprit]), ...alsoFull]
  if (suspects.length === 0) return []
  const colours = ['failed', 'origin', 'shed', 'collapsed', 'store', 'other']
  const figures = suspects.slice(0, 6).map(({ signal, evidence, curve }, i) => {
    const axis: Axis = { unit: 'rate', from: 0, to: Math.max(1, ...curve.map(({ rate }) => rate)), zone: 'UTC', at: curve.map(({ rate }) => rate), marks: [], joined: true } // prettier-ignore
    const series = [{ label: signal, colour: colours[i] ?? 'other', values: curve.map(({ value }) => value), look: 'area' as const }] // prettier-ignore
    return figure({ title: signal, prose: `${evidence}.`, format: percent, ceiling: 1, series }, axis)
  })
  return [{ title: 'What was full, in the order in which it was', prose: 'Along: arrivals a second; 100% is full.', body: charts(figures) }] // prettier-ignore
}

/** The seconds of all levels, one after the other. */
const momentsOf = (levels: readonly Level[]): Moment[] =>
  levels.flatMap(({ bySecond, readings }) => bySecond.map((second, i) => ({ second, reading: readings[i] })))

function overTime(moments: readonly Moment[]): string[] {
  const at = moments.map((_, i) => i + 1)
  const axis: Axis = { unit: 'seconds', from: 0, to: Math.max(2, moments.length), zone: 'UTC', at, marks: [] }
  const values = (of: (moment: Moment) => number | null | undefined): (number | null)[] =>
    moments.map(each => of(each) ?? null)
  const timed = (label: string, colour: string, of: (moment: Moment) => number | null | undefined): Series => ({ label, colour, values: values(of) }) // prettier-ignore
  const waited = (of: (second: Second) => number) => (moment: Moment) => moment.second.good + moment.second.lost === 0 ? null : of(moment.second) // prettier-ignore
  const seen = moments.some(({ reading }) => reading?.seen === true)
  const gauges: Series[] = [
    timed("busiest thread of the site", 'origin', ({ reading }) => reading?.threadWanted),
    timed('waits for a disk', 'collapsed', ({ reading }) => reading && Math.max(reading.disk, reading.stalled)),
    timed('memory of the machine', 'shed', ({ reading }) => reading && 1 - reading.memoryLeft),
    timed('the generator itself', 'other', ({ second }) => second.ownCpu),
  ] // prettier-ignore
  return [
    figure({ title: 'Visits a second', format: perSecond, series: [timed('due', 'other', ({ second }) => second.planned), timed('answered well', 'store', ({ second }) => second.good), timed('lost', 'failed', ({ second }) => second.lost)] }, axis),
    figure({ title: 'Waiting at a time', format: perSecond, series: [timed('visitors without their answer', 'shed', ({ second }) => second.inFlight)] }, axis),
    figure({ title: 'How long visitors waited', format: milliseconds, series: [timed('half of them less than', 'stale', waited(second => second.latencyMs.p50)), timed('95 of 100 less than', 'origin', waited(second => second.latencyMs.p95))] }, axis),
    ...(seen ? [figure({ title: 'How full things were', format: percent, ceiling: 1, series: gauges }, axis)] : []),
    ...sampleFigures(moments, axis),
  ] // prettier-ignore
}

const MOST_SAMPLED = 6

const top = (values: readonly (number | null)[]): number => Math.max(...values.map(value => value ?? 0))

/** What databases and other hosts told, the fullest first. */
function sampleFigures(moments: readonly Moment[], axis: Axis): string[] {
  const valuesOf = new Map<string, (number | null)[]>()
  for (const [i, { reading }] of moments.entries())
    for (const { signal, value } of reading?.samples ?? []) {
      const values = valuesOf.get(signal) ?? moments.map(() => null)
      values[i] = value
      valuesOf.set(signal, values)
    }
  if (valuesOf.size === 0) return []
  const colours = ['failed', 'origin', 'shed', 'collapsed', 'store', 'other']
  const fullest = [...valuesOf].toSorted(([, a], [, b]) => top(b) - top(a)).slice(0, MOST_SAMPLED)
  const series = fullest.map(([label, values], i) => ({ label, colour: colours[i]!, values }))
  return [figure({ title: 'What databases and other hosts told', format: percent, ceiling: 1, series }, axis)]
}

function levelSection({ levels }: WallReport): Section {
  const heads = [
    'Stage',
    'Asked a second',
    'Seconds',
    'Good a second',
    'Half waited',
    '95 of 100 waited',
    'Lost',
    'Promise',
  ]
  const rows = levels.map(each => [each.stage, String(each.ratePerSecond), String(each.seconds), String(each.goodPerSecond), milliseconds(each.p50Ms), milliseconds(each.p95Ms), String(each.lost), each.miss ?? 'kept']) // prettier-ignore
  return { title: 'Every level', body: table(heads, rows, [1, 2, 3, 4, 5, 6]) }
}

function routeSection(routes: readonly RouteFigures[]): Section[] {
  if (routes.length === 0) return []
  const rows = routes.map(({ route, answered, lost, meanMs, p95Ms }) => [route, count(answered), count(lost), milliseconds(meanMs), milliseconds(p95Ms)]) // prettier-ignore
  return [{ title: 'The slowest routes', body: table(['Route', 'Answers', 'Lost', 'Mean', '95 of 100'], rows, [1, 2, 3, 4]) }] // prettier-ignore
}

function querySection({ slowestQueries }: WallReport): Section[] {
  const rows = slowestQueries.flatMap(({ source, queries }) => queries.map(({ query, calls, meanMs, totalMs }) => [query, source, count(calls), milliseconds(meanMs), milliseconds(totalMs)])) // prettier-ignore
  return rows.length === 0 ? [] : [{ title: 'The queries that took most', body: table(['Query', 'Of', 'Calls', 'Mean', 'In all'], rows, [2, 3, 4]) }] // prettier-ignore
}

function thresholdSection(thresholds: readonly Threshold[]): Section[] {
  return thresholds.length === 0 ? [] : [{ title: 'Thresholds', body: paragraphs(thresholds.map(thresholdText)) }]
}
