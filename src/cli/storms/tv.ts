// The storm `tv`: a breach-lookup site is named on television. From 200 to 12,152 active visitors in 60 s, and 1.3 million
// requests in 15 minutes, which are 1,444 a second. The rates are the story's; the time is compressed.
import type { LoadOptions } from '../../rehearse/options.ts'
import { shapeOf } from '../../rehearse/shapes/index.ts'

/** Requests per second over the story's quarter of an hour: 1.3 million / 900 s. */
const MEAN = 1444
/** What 200 of the 12,152 visitors ask for. */
const USUAL = (MEAN * 200) / 12_152

/** By weight. Browsers keep style, script and picture for a day, but whoever comes from television is new. */
const PAGES: [path: string, weight: number][] = [
  ['/', 26],
  ['/style.css', 20],
  ['/app.js', 20],
  ['/logo.svg', 18],
  ['/breaches', 4],
  ['/about', 2],
]
/** A look-up asks for all hashes with the same two first digits: 256 answers, each as likely. */
const LOOKUPS = 10
const RANGES = 256

/** The crowd for `seconds` seconds, of which the rise takes a fifteenth, as 60 s of 15 minutes. */
export function tvCrowd(target: string, seconds: number, seed: number): LoadOptions {
  const shape = { kind: 'flash-crowd', base: USUAL, at: seconds / 15, rise: seconds / 15, half: seconds * 3 } as const
  // Arrivals above the base are proportional to the peak above it, so one try says how high the peak has to be.
  const extra = shapeOf({ ...shape, peak: USUAL + 1 }).arrivals(seconds) - USUAL * seconds
  const peak = USUAL + ((MEAN - USUAL) * seconds) / extra
  const ranges = Array.from({ length: RANGES }, (_, i) => ({
    path: `/range/${i.toString(16).padStart(2, '0')}`,
    weight: LOOKUPS / RANGES,
  }))
  const paths = [...PAGES.map(([path, weight]) => ({ path, weight })), ...ranges]
  // Whoever waits holds a connection, for 10 s at most: up to 18,000 at the top, should nobody get an answer.
  return {
    target,
    paths,
    shape: { ...shape, peak },
    seconds,
    seed,
    newVisitors: 0.05,
    reloadAfter: 5,
    maxConnections: 19_000,
  }
}
