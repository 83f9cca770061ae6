// Events for people at a terminal: every time in the zone of the event, in the reader's and in UTC, with how long it is until then.

import { ownZone, zonedText } from '../../base/zoned.ts'
import type { EventView, PlanView, StepView, Time } from '../../plan/view.ts'

/** Of the runs that are over. */
const SHOWN_PAST = 5

export interface Reader {
  /** Wall clock of the process that was asked, milliseconds. */
  now: number
  zone: string
}

export const readerAt = (now: number): Reader => ({ now, zone: ownZone() })

/** `in 3 h 12 min`, `2 d 1 h ago`, `now`. */
function distance(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000)
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  if (first === -1) return 'now'
  const text = parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
  return ms > 0 ? `in ${text}` : `${text} ago`
}

/** One event a paragraph, then what is not undone. */
export function listText({ events, owed, past }: PlanView, reader: Reader): string {
  const paragraphs = [
    ...owed.map(
      ({ text, since }) => `NOT UNDONE  ${text}\n  since ${zonedText(since, reader.zone)}  ${reader.zone}, here`,
    ),
    ...events.map(event => eventLines(event, reader).join('\n')),
    ...(past.length === 0
      ? []
      : [
          [
            'Over:',
            ...past
              .slice(0, SHOWN_PAST)
              .flatMap(({ name, start, end, zone }) => [
                `  ${name}`,
                ...inZones(start, end, zone, reader).map(line => `    ${line}`),
              ]),
          ].join('\n'),
        ]),
  ]
  return paragraphs.length === 0 ? 'Nothing is planned.\n' : `${paragraphs.join('\n\n')}\n`
}

export function eventText(event: EventView, reader: Reader): string {
  const steps = event.steps.flatMap(step => stepLines(step, event.zone, reader).map(line => `  ${line}`))
  return `${[...eventLines(event, reader), ...(steps.length === 0 ? [] : ['  Steps:', ...steps])].join('\n')}\n`
}

function eventLines(event: EventView, reader: Reader): string[] {
  const { name, state, zone, repeat, start, end, next, note, expect, overlaps, from } = event
  const head = [name, state, ...(repeat === null ? [] : [repeat]), ...(from === 'config' ? ['from the config'] : [])]
  if (start === null || end === null) return [head.join('  ')]
  const whens = { on: ['ends', end], ending: ['ended', end] } as const
  const [verb, at] = state === 'on' || state === 'ending' ? whens[state] : (['starts', start] as const)
  const when = `${verb} ${distance(at.at - reader.now)}`
  return [
    `${head.join('  ')}  ${when}`,
    ...inZones(start, end, zone, reader).map(line => `  ${line}`),
    ...(next === null ? [] : [`  next ${distance(next.at - reader.now)}: ${atInZones(next, zone, reader)}`]),
    ...(note === null ? [] : [`  ! ${note}`]),
    ...overlaps.flatMap(each => [
      `  ! It overlaps with ${each.with}: they merge, and the stronger mode (${each.mode}) holds`,
      ...inZones(each.start, each.end, zone, reader).map(line => `      ${line}`),
    ]),
    ...(expect === null ? [] : [`  expected: ${expect}`]),
  ]
}

/** The event's zone, the reader's and UTC, each with how it is called; none twice. */
function zonesOf(zone: string, reader: Reader): Map<string, string> {
  const zones = new Map([
    [zone, zone],
    [reader.zone, `${reader.zone}, here`],
    ['UTC', 'UTC'],
  ])
  if (zone === reader.zone) zones.set(zone, `${zone}, here`)
  return zones
}

/** A line for each zone. */
const inZones = (start: Time, end: Time, zone: string, reader: Reader): string[] =>
  [...zonesOf(zone, reader)].map(
    ([each, words]) => `${zonedText(start.at, each)} to ${zonedText(end.at, each)}  ${words}`,
  )

const atInZones = ({ at }: Time, zone: string, reader: Reader): string =>
  [...zonesOf(zone, reader).keys()].map(each => zonedText(at, each)).join(' = ')

/** What is done, when in each zone, and what undoes it, when; with the programs as they are run. */
function stepLines(
  { step, undo, due, undoDue, state, error, program, undoProgram }: StepView,
  zone: string,
  reader: Reader,
) {
  return [
    `${step}  [${state}]${error === null ? '' : ` ${error}`}`,
    ...ran(program),
    `    ${distance(due.at - reader.now)}: ${atInZones(due, zone, reader)}`,
    ...(undo === null || undoDue === null
      ? []
      : [
          `  undone: ${undo}`,
          ...ran(undoProgram),
          `    ${distance(undoDue.at - reader.now)}: ${atInZones(undoDue, zone, reader)}`,
        ]),
  ]
}

/** A line for a program as it is run. */
const ran = (words: readonly string[] | null): string[] =>
  words === null ? [] : [`    $ ${words.map(quoted).join(' ')}`]

/** As a shell would have to be told. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
