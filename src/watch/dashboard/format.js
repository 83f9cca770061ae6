// Numbers as people read them: three figures at most, units that grow with the value, a dash for what is not known.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const isKnown = value => value !== null && value !== undefined && !Number.isNaN(value)

export const UNKNOWN = '–'

/** 7.4, 36, 1,204, 51k */
export function count(value) {
  if (!isKnown(value)) return UNKNOWN
  if (value >= 1e6) return `${tenths.format(value / 1e6)}M`
  if (value >= 1e4) return `${tenths.format(value / 1e3)}k`
  return value < 10 ? tenths.format(value) : whole.format(value)
}

/** A level: no fractions of a connection. */
export const level = value => (isKnown(value) ? whole.format(value) : UNKNOWN)

export function milliseconds(value) {
  if (!isKnown(value)) return UNKNOWN
  if (value === 0) return '0 ms'
  if (value >= 1000) return `${tenths.format(value / 1000)} s`
  return value < 1 ? `${value.toFixed(2)} ms` : `${value < 10 ? tenths.format(value) : whole.format(value)} ms`
}

/** Of a share, 0 to 1. 99.96% does not become 100%. */
export function percent(share) {
  if (!isKnown(share)) return UNKNOWN
  const value = share * 100
  if (value > 99 && value < 100) return `${(Math.floor(value * 10) / 10).toFixed(1)}%`
  return `${value < 10 ? tenths.format(value) : whole.format(value)}%`
}

const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

export function bytes(value) {
  if (!isKnown(value)) return UNKNOWN
  const step = value < 1 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log2(value) / 10))
  const scaled = value / 1024 ** step
  return `${scaled < 10 && step > 0 ? tenths.format(scaled) : whole.format(scaled)} ${sizes[step]}`
}

/** 3 h 12 min, 4 min, 12 s */
export function duration(seconds) {
  if (!isKnown(seconds)) return UNKNOWN
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60].map(Math.floor)
  if (days > 0) return `${days} d ${hours} h`
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min` : `${Math.floor(seconds)} s`
}

const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
const hourAndMinute = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

const dayAndMonth = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' })

/** Of milliseconds since the epoch: Dec 24. */
export const day = at => dayAndMonth.format(at)

/** Of milliseconds since the epoch: 09:12:04. */
export const timeOfDay = (at, withSeconds = true) => (withSeconds ? clock : hourAndMinute).format(at)
