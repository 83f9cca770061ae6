// What a storm came to, beside its story: as a table for people, and as data. Pure.
import type { HopStory } from './hop.ts'
import type { Neighbour } from './neighbour.ts'
import type { Played, PlayedSide } from './play.ts'
import type { Books } from './storms.ts'

interface SideFigures {
  valid: boolean
  /** Why it is not valid, in sentences. */
  faults: string[]
  asked: number
  good: number
  /** Requests of the crowd that had no page within 10 s; a refusal counts. */
  lost: number
  p95Ms: number
  apdex: number
  originRequests: number
  originCpu: number
  /** Requests that the site had begun and not yet answered, at most. */
  originAtOnce: number
  /** Of the other client's site on the same machine, where there is one. */
  neighbour?: Neighbour
  /** What the site's database tells in the end. */
  books?: Books
}

export interface StormReport {
  scenario: string
  /** Rates here over rates of the story; and how many seconds of the story one second here stands for. */
  scale: number
  compressed: number
  seed: number
  without: SideFigures
  /**
   * offload: the share of requests that did not reach the site; queued: visitors who saw the waiting room; collected: forms that were taken and delivered later; limit: how many the
   * shield let there at once at most.
   */
  with: (SideFigures & { offload: number; limit: number; queued: number; collected: number }) | null
  /** Where the story ends with a hop before the site that was rehearsed. */
  hop?: HopStory
}

export function stormReport({ storm, seconds, seed, scale, without, with: behind, hop }: Played): StormReport {
  return {
    scenario: storm.name,
    scale,
    compressed: round(storm.storySeconds / seconds),
    seed,
    without: figures(without),
    with:
      behind === undefined
        ? null
        : {
            ...figures(behind),
            offload: offloadOf(behind),
            limit: behind.limit,
            queued: behind.queued,
            collected: behind.collected?.forms ?? 0,
          },
    ...(hop === undefined ? {} : { hop }),
  }
}

const figures = (side: PlayedSide): SideFigures => ({
  valid: side.valid,
  faults: side.faults,
  asked: side.planned,
  good: side.good,
  lost: side.lost,
  p95Ms: round(side.latencyMs.p95),
  apdex: round(side.apdex),
  originRequests: side.originRequests,
  originCpu: round(side.originCpu),
  originAtOnce: side.originAtOnce,
  ...(side.neighbour === undefined ? {} : { neighbour: side.neighbour }),
  ...(Object.keys(side.books).length === 0 ? {} : { books: side.books }),
})

/** Of what the crowd sent, reloads included. */
const offloadOf = (side: PlayedSide): number => Math.floor((1 - side.originRequests / Math.max(1, side.requests)) * 10_000) / 10_000 // prettier-ignore

type Row = [what: string, story: string, without: string, shielded: string]
type Both = (what: string, story: string, cell: (side: PlayedSide) => string) => Row

/** The rows of the table; the first is its head. */
function stormRows({ storm, seconds, without, with: behind }: Played): Row[] {
  const both: Both = (what, story, cell) => [what, story, cell(without), behind === undefined ? '-' : cell(behind)] // prettier-ignore
  return [
    ['', 'the story', 'without the shield', 'with the shield'],
    both('lasted', storm.story.duration, () => `${seconds} s`),
    both('requests asked for', storm.story.rate, side => `${number(side.planned)} (${number(side.planned / seconds)} a second)`), // prettier-ignore
    both('outcome', storm.story.outcome, side => (side.lost === 0 ? 'nobody lost' : `${percent(side.lost / Math.max(1, side.good + side.lost))} lost`)), // prettier-ignore
    both('got their page within 10 s', '', side => number(side.good)),
    both('lost', '', side => number(side.lost)),
    both('95 of 100 waited less than', '', side => duration(side.latencyMs.p95)), // prettier-ignore
    both('Apdex (at once: 0.5 s)', '', side => side.apdex.toFixed(2)),
    both('requests that reached the site', '', side => number(side.originRequests)),
    ['kept away from the site', '', '-', behind === undefined ? '-' : percent(offloadOf(behind))],
    both("the site's CPU, of one core", '', side => percent(side.originCpu)),
    ...(behind === undefined || behind.queued === 0
      ? []
      : [['visitors who waited their turn', '', '-', number(behind.queued)] satisfies Row]),
    ...collectedRows(behind),
    [
      'at once at the site, at most',
      '',
      number(without.originAtOnce),
      behind === undefined ? '-' : `${number(behind.originAtOnce)} (limit ${behind.limit})`,
    ],
    ...neighbourRows(both, without),
    ...Object.keys(without.books).map(what => both(what, '', side => number(side.books[what] ?? 0))),
    both('the run is valid', '', side => (side.valid ? 'yes' : 'no')),
  ]
}

/** What became of the forms that the shield has given receipts for. */
function collectedRows(behind: PlayedSide | undefined): Row[] {
  if (behind?.collected === undefined) return []
  const { forms, delivered, seconds } = behind.collected
  return [
    ['forms with a receipt', '', '-', number(forms)],
    ['of these delivered in the end', '', '-', `${number(delivered)} (${seconds.toFixed(1)} s after the crowd)`],
  ]
}

const cell = (tell: (of: Neighbour) => string) => (side: PlayedSide) =>
  side.neighbour === undefined ? '-' : tell(side.neighbour)

/** What the visitors of the other client on the machine noticed. */
function neighbourRows(both: Both, { neighbour }: PlayedSide): Row[] {
  if (neighbour === undefined) return []
  return [
    both("the neighbour's visitors: 95 of 100", 'noticed', cell(of => `${duration(of.p95Ms)} (calm: ${duration(of.calmP95Ms)})`)),
    both("the neighbour's visitors: lost", '', cell(of => `${number(of.lost)} of ${number(of.asked)}`)),
  ] // prettier-ignore
}

const lostOf = ({ good, lost }: HopStory['before']): string => `${lost} of ${good + lost} views were lost`

/** The end with the hop, in sentences; empty where the story has none. */
function hopText({ hop }: Played): string {
  if (hop === undefined) return ''
  const verdict = hop.culprit === null ? 'The culprit is not known.' : `The culprit is the network: ${hop.culprit.evidence}.` // prettier-ignore
  const stale = hop.stale ? `That rehearsal is stale: ${hop.changes.join('; ')}.` : 'That rehearsal is not known as stale.' // prettier-ignore
  return `Then a hop that drops connections is put before the site. In the rehearsal without it ${lostOf(hop.before)}, with it ${lostOf(hop.after)}. ${stale} ${verdict}`
}

/** For a terminal. */
export function stormText(played: Played): string {
  const rows = stormRows(played)
  const widths = [0, 1, 2, 3].map(column => Math.max(...rows.map(row => row[column]!.length)))
  const lines = rows.map(row => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()) // prettier-ignore
  const hop = hopText(played)
  return `${lines.join('\n')}\n${hop === '' ? '' : `\n${hop}\n`}`
}

/** For docs/storms.md, formatted as the project's Markdown is. */
export function stormMarkdown(played: Played): string {
  const rows = stormRows(played)
  const widths = [0, 1, 2, 3].map(column => Math.max(3, ...rows.map(row => row[column]!.length)))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  const rule = `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`
  const faults = [
    ...faultsOf('without', played.without),
    ...(played.with === undefined ? [] : faultsOf('with', played.with)),
  ]
  return [
    line(rows[0]!),
    rule,
    ...rows.slice(1).map(line),
    ...faults,
    ...(played.hop === undefined ? [] : [`\n${hopText(played)}`]),
  ].join('\n')
}

const faultsOf = (name: string, { faults }: PlayedSide): string[] =>
  faults.map(fault => `\nNot valid ${name} the shield: ${fault}.`)

const round = (value: number): number => Math.round(value * 100) / 100
const duration = (ms: number): string => (ms >= 9999 ? 'over 10 s' : `${number(ms)} ms`)
const number = (value: number): string => Math.round(value).toLocaleString('en')
const percent = (share: number): string => `${(Math.floor(share * 1000) / 10).toFixed(1)}%`
