// The storm `lottery`: a jackpot draw at 22:00 on a machine that other clients' sites share. Ten times the average rate, and
// 15% of the day's visitors within two hours.
import type { LoadOptions } from '../../rehearse/options.ts'
import type { Storm } from './storms.ts'

/** Requests a second on average: 400,000 visitors a day with five requests each, over 86,400 s. */
const USUAL = 23
/** Ten times as many when the balls have fallen. */
const PEAK = 230

/** By weight. Everybody wants the numbers; some type their own in. */
const PAGES: [path: string, weight: number][] = [
  ['/', 20],
  ['/results', 40],
  ['/winners', 12],
  ['/style.css', 12],
  ['/balls.svg', 12],
]
const CHECKS = 4
/** Different tickets that are looked up. */
const TICKETS = 200

/** The evening in `seconds` seconds: the draw is at a quarter of it. */
function lotteryCrowd(target: string, seconds: number, seed: number, scale: number): LoadOptions {
  const [base, peak] = [USUAL * scale, PEAK * scale]
  const checks = Array.from({ length: TICKETS }, (_, i) => ({
    path: `/check?ticket=${i + 1}`,
    weight: CHECKS / TICKETS,
  }))
  return {
    target,
    paths: [...PAGES.map(([path, weight]) => ({ path, weight })), ...checks],
    shape: { kind: 'flash-crowd', base, peak, at: seconds / 4, rise: seconds / 40, half: seconds / 4 },
    seconds,
    seed,
    newVisitors: 0.3,
    reloadAfter: 5,
    maxConnections: 8000,
  }
}

export const lottery: Storm = {
  name: 'lottery',
  title: 'A jackpot draw on a shared machine',
  story: { rate: '10 times the average rate', outcome: 'slow; other clients noticed', duration: 'two hours' },
  fullScale: false,
  storySeconds: 7200,
  seconds: 40,
  crowd: lotteryCrowd,
  // One at a time: the machine has one core for all its clients.
  shield: {
    mode: 'spike',
    origin: { concurrency: 1 },
    rules: [{ match: { path: '/**' }, spike: { cache: { anonymous: true, for: '10s', seenBy: 'everyone' } } }],
  },
  neighbour: (target, seconds, seed) => ({
    target,
    shape: { kind: 'constant', rate: 5 },
    seconds,
    seed,
    newVisitors: 0.2,
  }),
}
