// Numbers as people read them on a page: three figures at most, units that grow with the value, a dash for what is not known.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const hundredths = new Intl.NumberFormat('en', { maximumFractionDigits: 2 })

/** A number as text; null is what is not known. */
export type Format = (value: number | null) => string

const known =
  (format: (value: number) => string): Format =>
  value =>
    value === null || Number.isNaN(value) ? '–' : format(value)

/** 7.4, 36, 1,204, 51k */
export const count = known(value => {
  if (value >= 1e6) return `${tenths.format(value / 1e6)}M`
  if (value >= 1e4) return `${tenths.format(value / 1e3)}k`
  return value < 10 ? tenths.format(value) : whole.format(value)
})

export const milliseconds = known(value => {
  if (value >= 1000) return `${tenths.format(value / 1000)} s`
  if (value === 0) return '0 ms'
  return `${value < 1 ? hundredths.format(value) : value < 10 ? tenths.format(value) : whole.format(value)} ms`
})

/** Of a share, 0 to 1. What is not all of it does not become 100%. */
export const percent = known(share => {
  const value = share * 100
  if (value > 99 && value < 100) return `${(Math.floor(value * 100) / 100).toFixed(value > 99.9 ? 2 : 1)}%`
  return `${value < 10 ? tenths.format(value) : whole.format(value)}%`
})

/** Of an Apdex, 0 to 1. */
export const score = known(value => value.toFixed(2))

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

export const bytes = known(value => {
  const step = value < 1 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log2(value) / 10))
  const scaled = value / 1024 ** step
  return `${scaled < 10 && step > 0 ? tenths.format(scaled) : whole.format(scaled)} ${SIZES[step]}`
})

/** Of seconds: 3 d 4 h, 3 h 12 min, 4 min, 12 s */
export const duration = known(seconds => {
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60].map(Math.floor)
  if (days! > 0) return `${days} d ${hours} h`
  if (hours! > 0) return `${hours} h ${minutes} min`
  return minutes! > 0 ? `${minutes} min` : `${Math.round(seconds)} s`
})
