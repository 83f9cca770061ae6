// The plan for people's calendars (iCalendar, RFC 5545). Each occurrence is an entry of its own in UTC, so that no calendar's own
// idea of a time zone can move it.

import { createHash } from 'node:crypto'
import { zonedText } from '../base/zoned.ts'
import type { Planned } from './events.ts'
import type { Occurrence } from './occurrences.ts'

/** Octets of a line (RFC 5545 section 3.1). */
const LINE = 75

/** `now` is when it was made. */
export function calendar(entries: readonly { planned: Planned; occurrence: Occurrence }[], now: number): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Breakwater//Plan//EN',
    'X-WR-CALNAME:Breakwater',
    'REFRESH-INTERVAL;VALUE=DURATION:PT15M',
    ...entries.flatMap(entry => entryLines(entry, now)),
    'END:VCALENDAR',
  ]
  return lines.map(line => `${folded(line)}\r\n`).join('')
}

function entryLines({ planned: { event, revision }, occurrence }: Parameters<typeof calendar>[0][number], now: number) {
  const { key, start, end, note } = occurrence
  const uid = createHash('sha256').update(key).digest('hex').slice(0, 32)
  const said = [
    `${zonedText(start, event.zone)} ${event.zone}`,
    ...(note === null ? [] : [note]),
    ...(event.expect === undefined ? [] : [`Expected: ${event.expect.text}`]),
  ]
  return [
    'BEGIN:VEVENT',
    `UID:${uid}@breakwater`,
    `DTSTAMP:${utc(now)}`,
    `SEQUENCE:${revision}`,
    `DTSTART:${utc(start)}`,
    `DTEND:${utc(end)}`,
    `SUMMARY:${escaped(event.name)}`,
    `DESCRIPTION:${escaped(said.join('\n'))}`,
    'END:VEVENT',
  ]
}

const utc = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`

/** RFC 5545 section 3.3.11. */
const escaped = (text: string): string => text.replaceAll(/[\\;,]/g, '\\$&').replaceAll('\n', '\\n')

/** In pieces of 75 octets, none of which parts a character. */
function folded(line: string): string {
  let [text, octets] = ['', 0]
  for (const character of line) {
    const more = Buffer.byteLength(character)
    if (octets + more > LINE) [text, octets] = [`${text}\r\n `, 1]
    text += character
    octets += more
  }
  return text
}
