// Dates and zones as people write them. What both together mean is for the check between options: one alone cannot tell
// whether the clocks skip the hour.

import { isLocalTime, isZone } from '../../base/zoned.ts'
import { Refusal, show } from '../kind.ts'
import type { Kind } from '../kind.ts'

/** A date and time without a zone, as text of one form: `2026-11-25 22:00`. */
export function localTime(): Kind<string, string> {
  return {
    name: 'date and time',
    expected: 'a date and time such as "2026-11-25 22:00"',
    schema: { type: 'string', pattern: String.raw`^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?$` },
    read: given => {
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not text`)
      return isLocalTime(given)
        ? given.replace('T', ' ')
        : new Refusal('bad-value', `${show(given)} is no date and time of the calendar`)
    },
  }
}

/** A time zone of the IANA database. */
export function timeZone(): Kind<string, string> {
  return {
    name: 'time zone',
    expected: 'a time zone such as America/Chicago or UTC',
    schema: { type: 'string', minLength: 1 },
    read: given => {
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not text`)
      return isZone(given) ? given : new Refusal('bad-value', `there is no time zone ${show(given)}${like(given)}`)
    },
  }
}

/** A city alone, or another case: the zones that people mean by it. */
function like(given: string): string {
  const word = given.toLowerCase().replaceAll(' ', '_')
  const found = Intl.supportedValuesOf('timeZone').filter(name => name.toLowerCase().split('/').at(-1) === word)
  return found.length === 0 ? '' : `: ${found.join(' or ')} may be meant`
}
