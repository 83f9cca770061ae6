// The report as one page: the figures that people ask for first, the story in sentences, when which alert held, and the charts,
// in which alerts that page somebody are marked.

import { figure, timeLine } from '../../charts/chart.ts'
import type { Axis, Bar } from '../../charts/chart.ts'
import { bytes, count, duration, milliseconds, percent, score } from '../../charts/numbers.ts'
import { page, paragraphs, table } from '../../charts/page.ts'
import type { Section, Tile } from '../../charts/page.ts'
import { dateAndTime, timeOfDay } from '../../charts/ticks.ts'
import type { KeptAlert } from '../archive-reader.ts'
import type { Second } from '../seconds.ts'
import { thinned } from '../thinning.ts'
import { chartRows } from './charts.ts'
import { sentences } from './sentences.ts'
import type { Extreme, Story } from './story.ts'

/** Points of a chart: as many as a wide screen can tell apart. */
const POINTS = 600

export interface ReportOptions {
  title: string
  /** Time zone of all times on it, such as Europe/Berlin. */
  zone: string
  /** What is to be said besides: a comparison with a rehearsal. */
  more: readonly string[]
}

export function reportPage(story: Story, rows: readonly Second[], options: ReportOptions): string {
  const { from, to } = story
  const { title, zone, more } = options
  const shown = thinned(rows, Math.max(1, Math.ceil((to - from) / story.step / POINTS)) * story.step)
  const axis: Axis = {
    ...{ unit: 'moment', from, to, zone },
    at: shown.map(row => row.at!),
    marks: story.alerts.filter(alert => alert.severity === 'page').map(alert => ({ ...spanOf(alert, to), colour: 'bad' })), // prettier-ignore
  }
  const lead = `${dateAndTime(from, zone)} to ${dateAndTime(to, zone)} (${zone}), ${duration(to - from)}. ${resolution(story)}`
  return page(title, lead, tilesOf(story, zone), [
    { title: 'What happened', body: paragraphs([...sentences(story, zone), ...more]) },
    alertSection(story, axis),
    ...chartSections(shown, axis),
  ])
}

const resolution = ({ step, known, from, to }: Story): string =>
  `Each value stands for ${step === 1 ? 'a second' : step === 10 ? 'ten seconds' : 'a minute'}${to - from - known > 2 * step + 10 ? `; of ${duration(to - from - known)} nothing is known` : ''}.`

function tilesOf(story: Story, zone: string): Tile[] {
  const when = (extreme: Extreme | null): { more?: string } =>
    extreme === null ? {} : { more: `at ${timeOfDay(extreme.at, zone)}` }
  const { visitorsPeak, requestsPeak, lostShare, apdexLowest, waitingPeak } = story
  return [
    { label: 'Active visitors, at most', value: count(visitorsPeak?.value ?? null), ...when(visitorsPeak) },
    { label: 'Requests', value: count(story.requests), more: `${count(requestsPeak?.value ?? null)} a second at most` },
    { label: 'Kept from the origin', value: percent(story.offload), more: `${percent(story.offloadBytes)} of the bytes` },
    { label: 'Bytes saved', value: bytes(story.bytesSaved), more: `of ${bytes(story.bytesSent)} sent` },
    { label: 'Lost', value: percent(lostShare), more: `${count(story.lost)} requests`, mood: (lostShare ?? 0) > 0.01 ? 'bad' : 'good' },
    { label: 'Apdex', value: score(story.apdex), more: `${score(apdexLowest?.value ?? null)} at worst`, mood: (story.apdex ?? 1) < 0.7 ? 'bad' : 'good' },
    { label: 'p95 at worst', value: milliseconds(story.p95Worst?.value ?? null), ...when(story.p95Worst) },
    { label: 'Waited at once, at most', value: count(waitingPeak?.value ?? null), ...when(waitingPeak) },
  ] // prettier-ignore
}

const spanOf = ({ since, until }: KeptAlert, to: number): { from: number; to: number } => ({
  from: since / 1000,
  to: until === null ? to : until / 1000,
})

function alertSection({ alerts, to }: Story, axis: Axis): Section {
  const title = 'Alerts'
  if (alerts.length === 0) return { title, body: paragraphs(['None held in this time.']) }
  const said = ({ text, ...alert }: KeptAlert): string[] => {
    const span = spanOf(alert as KeptAlert, to)
    return [timeOfDay(span.from, axis.zone), alert.name, alert.until === null ? 'still holds' : duration(span.to - span.from), text] // prettier-ignore
  }
  const bars: Bar[] = alerts.map(alert => ({
    ...spanOf(alert, to),
    row: alert.name,
    colour: alert.severity === 'page' ? 'bad' : 'warn',
    text: said(alert).join(', '),
  }))
  const body = `${timeLine('When what held', bars, axis)}${table(['Since', 'Alert', 'For', 'What it said last'], alerts.map(said), [])}`
  return { title, body }
}

const TITLES = { visitors: 'What visitors felt', shield: 'What the shield did', origin: 'How the origin was' } as const

function chartSections(rows: readonly Second[], axis: Axis): Section[] {
  return Object.entries(TITLES).map(([name, title]) => {
    const own = chartRows.filter(row => row.section === name && (row.only === undefined || rows.some(each => (each[row.only!] ?? 0) > 0))) // prettier-ignore
    const figures = own.map(({ lines, wide, section: _section, only: _only, ...chart }) => {
      const series = lines.map(({ of, ...line }) => ({ ...line, values: rows.map(of) }))
      return `<div${wide === true ? ' class="wide"' : ''}>${figure({ ...chart, series }, axis)}</div>`
    })
    return { title, body: `<div class="charts">${figures.join('\n')}</div>` }
  })
}
