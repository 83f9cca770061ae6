// The storm `petition`, which is also the demo's crowd: a flash crowd on a petition site, the story's numbers. The site was
// rated for 10 requests a second and got 70 to 120; it bears about 35 here, and gets up to 150.
import type { LoadOptions } from '../../rehearse/options.ts'

/** Arrivals per second: a usual minute, and the top of the crowd. */
const USUAL = 8
const PEAK = 150

const PAGES: [path: string, weight: number][] = [
  ['/', 34],
  ['/petitions/1', 20],
  ['/petitions/2', 8],
  ['/petitions/3', 5],
  ['/petitions/4', 3],
  ['/search?q=night+bus', 6],
  ['/search?q=river', 3],
  ['/petitions/1/sign', 3],
  ['/petitions/1/thanks', 3],
  ['/static/site.css', 8],
  ['/static/transport.svg', 7],
]

/** The crowd for `seconds` seconds; the same `seed` makes the same visitors come at the same moments. */
export function petitionCrowd(target: string, seconds: number, seed: number): LoadOptions {
  return {
    target,
    paths: PAGES.map(([path, weight]) => ({ path, weight })),
    shape: { kind: 'flash-crowd', base: USUAL, peak: PEAK, at: seconds / 8, rise: seconds / 8, half: seconds / 2 },
    seconds,
    seed,
    newVisitors: 0.5,
    reloadAfter: 4,
  }
}
