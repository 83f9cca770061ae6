// Where the lines of a chart's axes stand, and what they say: round numbers upwards, round times along. Pure; the time zone is
// given, so that a page says the same wherever it is made.

export interface Tick {
  at: number
  text: string
}

/** Along the axis: what a place on it is. */
export interface Along {
  /** Moments in seconds since the epoch, in that time zone; seconds since the beginning; or so many a second. */
  unit: 'moment' | 'seconds' | 'rate'
  from: number
  to: number
  zone: string
}

/** 1, 2 or 5 times a power of ten; for sizes a power of two, or thrice one. At most `most` steps to `highest`. */
export function roundStep(highest: number, most: number, base: 2 | 10 = 10): number {
  const least = highest / most
  if (base === 2) return 2 ** Math.ceil(Math.log2(least))
  const power = 10 ** Math.floor(Math.log10(least))
  return power * ([1, 2, 5, 10].find(times => times * power >= least * 0.999) ?? 10)
}

/** Round values from 0 to `highest`. */
export function upwards(highest: number, format: (value: number) => string, base: 2 | 10 = 10): Tick[] {
  const step = roundStep(highest, 4, base)
  return Array.from({ length: Math.floor(highest / step + 0.001) + 1 }, (_, i) => ({
    at: i * step,
    text: format(i * step),
  }))
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600] // prettier-ignore

/** At most `most` round times. */
export function along({ unit, from, to, zone }: Along, most = 6): Tick[] {
  if (unit === 'rate') return upwards(to, at => `${at}/s`)
  const step = STEPS.find(each => (to - from) / each <= most) ?? 30 * 86_400
  const ahead = unit === 'moment' ? zoneOffset(from, zone) : 0
  const first = Math.ceil((from + ahead) / step) * step - ahead
  const places = Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, i) => first + i * step)
  return places.map(at => ({ at, text: unit === 'moment' ? momentText(at, step, zone) : secondsText(at) }))
}

const secondsText = (at: number): string => (at < 120 ? `${at} s` : `${Math.round(at / 6) / 10} min`)

/** Seconds by which clocks of the zone are ahead of UTC at that moment. */
function zoneOffset(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(at * 1000)
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(parts.find(part => part.type === 'timeZoneName')?.value ?? '') ?? [] // prettier-ignore
  return hours === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
}

function momentText(at: number, step: number, zone: string): string {
  const options: Intl.DateTimeFormatOptions =
    step >= 86_400
      ? { day: 'numeric', month: 'short' }
      : { hour: '2-digit', minute: '2-digit', ...(step < 60 ? { second: '2-digit' } : {}), hourCycle: 'h23' }
  return new Intl.DateTimeFormat('en', { ...options, timeZone: zone }).format(at * 1000)
}

/** 24 Dec 2026, 20:00:00 */
export const dateAndTime = (at: number, zone: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: zone }).format(at * 1000)

/** 20:00:00 */
export const timeOfDay = (at: number, zone: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: zone }).format(at * 1000)

/** 24 December 2026 */
export const dayOf = (at: number, zone: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: zone }).format(at * 1000)
