// HTTP-date (RFC 9110 section 5.6.7): IMF-fixdate and the two obsolete forms, and nothing else. Date.parse takes nearly
// anything, which would turn a malformed Expires into freshness that nobody promised.

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const LONG_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const day = `(?:${DAYS.join('|')})`
const month = `(?<month>${MONTHS.join('|')})`
const time = '(?<h>\\d\\d):(?<m>\\d\\d):(?<s>\\d\\d)'

/** `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`. */
const FORMS = [
  `${day}, (?<day>\\d\\d) ${month} (?<year>\\d{4}) ${time} GMT`,
  `(?:${LONG_DAYS.join('|')}), (?<day>\\d\\d)-${month}-(?<short>\\d\\d) ${time} GMT`,
  `${day} ${month} (?<day>\\d\\d| \\d) ${time} (?<year>\\d{4})`,
].map(form => new RegExp(`^${form}$`))
const FORMS_ANY_CASE = FORMS.map(form => new RegExp(form.source, 'i'))

/** A two-digit year that seems further ahead than this is of the century before (RFC 9110 section 5.6.7). */
const YEARS_AHEAD = 50

/**
 * Milliseconds since the epoch for an HTTP-date, undefined for anything malformed or impossible (31 February). `now`, in
 * milliseconds, places two-digit years. The name of the day is not compared with the date: it says nothing more.
 */
export const parseDate = (value: string, now: number): number | undefined => parse(FORMS, value, now)

/** As `parseDate`, but without regard to case, as a cache reads dates for freshness (RFC 9111 section 4.2). */
export const parseDateAnyCase = (value: string, now: number): number | undefined => parse(FORMS_ANY_CASE, value, now)

/** The moment as an IMF-fixdate; `ms` since the epoch, cut to the second, in the years 0 to 9999. */
export function formatDate(ms: number): string {
  const second = Math.floor(ms / 1000)
  if (second !== written.second) written = { second, text: new Date(second * 1000).toUTCString() }
  return written.text
}

/** Nearly every date that is written is that of the present second. */
let written = { second: Number.NaN, text: '' }

/** Dates that came lately, as we would write them ourselves: a busy origin sends the same one for a second, or for months. */
const remembered = new Map<string, number>()
/** At about 100 bytes each. */
const MOST_REMEMBERED = 256

function parse(forms: readonly RegExp[], value: string, now: number): number | undefined {
  const known = remembered.get(value)
  if (known !== undefined) return known
  for (const form of forms) {
    const parts = form.exec(value)?.groups
    if (parts !== undefined) return remember(value, moment(parts, now))
  }
  return undefined
}

function remember(value: string, ms: number | undefined): number | undefined {
  if (ms === undefined || formatDate(ms) !== value) return ms
  if (remembered.size >= MOST_REMEMBERED) remembered.clear()
  remembered.set(value, ms)
  return ms
}

function moment(parts: Record<string, string | undefined>, now: number): number | undefined {
  const [h, m, s] = [Number(parts['h']), Number(parts['m']), Number(parts['s'])]
  // 60 is the leap second that the grammar allows.
  if (h > 23 || m > 59 || s > 60) return undefined
  const month = MONTHS.findIndex(name => name.toLowerCase() === parts['month']!.toLowerCase())
  const dayOfMonth = Number(parts['day'])
  const at = (year: number): number =>
    new Date(0).setUTCFullYear(year, month, dayOfMonth) + ((h * 60 + m) * 60 + s) * 1000
  const year = parts['year'] === undefined ? fullYear(Number(parts['short']), now, at) : Number(parts['year'])
  return new Date(new Date(0).setUTCFullYear(year, month, dayOfMonth)).getUTCDate() === dayOfMonth
    ? at(year)
    : undefined
}

/** The latest year with these last two digits in which the moment is at most 50 years ahead. */
function fullYear(short: number, now: number, at: (year: number) => number): number {
  const limit = new Date(now)
  limit.setUTCFullYear(limit.getUTCFullYear() + YEARS_AHEAD)
  const last = limit.getUTCFullYear()
  const year = last - ((((last - short) % 100) + 100) % 100)
  return at(year) > limit.getTime() ? year - 100 : year
}
