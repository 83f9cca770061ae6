// Events for people at a terminal: every time in the zone of the event, in the reader's and in UTC, with how long it is until then.

import { ownZone, zonedText } from '../../base/zoned.ts'
import type { EventView, PlanView, StepView, Time } from '../../plan/view.ts'

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
    ...owed.map(({ text }) => `NOT UNDONE  ${text}`),
    ...events.map(event => eventLines(event, reader).join('\n')),
    ...(past.length === 0
      ? []
      : [
          ['Over:', ...past.slice(0, 5).map(({ name, start, end }) => `  ${name}  ${start.text} to ${end.text}`)].join(
            '\n',
          ),
        ]),
  ]
  return paragraphs.length === 0 ? 'Nothing is planned.\n' : `${paragraphs.join('\n\n')}\n`
}

export function eventText(event: EventView, reader: Reader): string {
  const steps = event.steps.map(step => `  ${stepLine(step, reader)}`)
  return `${[...eventLines(event, reader), ...(steps.length === 0 ? [] : ['  Steps:', ...steps])].join('\n')}\n`
}

function eventLines(event: EventView, reader: Reader): string[] {
  const { name, state, zone, repeat, start, end, note, expect, overlaps, from } = event
  const head = [name, state, ...(repeat === null ? [] : [repeat]), ...(from === 'config' ? ['from the config'] : [])]
  if (start === null || end === null) return [head.join('  ')]
  const when = state === 'on' ? `ends ${distance(end.at - reader.now)}` : `starts ${distance(start.at - reader.now)}`
  return [
    `${head.join('  ')}  ${when}`,
    ...inZones(start, end, zone, reader).map(line => `  ${line}`),
    ...(note === null ? [] : [`  ! ${note}`]),
    ...overlaps.map(text => `  ! ${text}`),
    ...(expect === null ? [] : [`  expected: ${expect}`]),
  ]
}

/** A line for each zone: the event's, the reader's, and UTC; none twice. */
function inZones(start: Time, end: Time, zone: string, reader: Reader): string[] {
  const zones = new Map([
    [zone, zone],
    [reader.zone, `${reader.zone}, here`],
    ['UTC', 'UTC'],
  ])
  if (zone === reader.zone) zones.set(zone, `${zone}, here`)
  return [...zones].map(([each, words]) => `${zonedText(start.at, each)} to ${zonedText(end.at, each)}  ${words}`)
}

function stepLine({ step, undo, due, undoDue, state, error }: StepView, { now }: Reader): string {
  const undone = undo === null || undoDue === null ? '' : `; undone ${undoDue.text}: ${undo}`
  return `${due.text} (${distance(due.at - now)})  ${step}${undone}  [${state}]${error === null ? '' : ` ${error}`}`
}
