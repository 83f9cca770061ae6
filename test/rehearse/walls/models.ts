// The ten origins as numbers: what each is made of, and the same as a queue that can be simulated for as long as one likes.
// The simulation is told how quick this machine does the work (measured, one visitor after the other as fast as it goes) and
// tells at which rate half of all minutes keep the SLO: the true wall.
import { exponential, type Random, seeded } from '../../../src/base/random.ts'

export const POOL = 4
export const BACKEND_MS = 40
export const CPU_MS = 10
export const LOCK_MS = 15
export const LIMITER = 100
export const MOST_CONNECTIONS = 100
export const SLOT_MS = 200
export const COLLAPSE = { workMs: 4, per: 40, delayMs: 5 }
export const LEAK_BYTES = 256 * 1024
export const LEAK_HEAP_MIB = 256
export const HELD_MS = 10_000
export const DISK_WRITES = 100
export const QUERY_ROWS = 40_000

/** What is lost in a minute and how long the others wait, in ms. */
interface Minute {
  waits: number[]
  lost: number
}

/** One minute at a rate. */
type Model = (rate: number, seconds: number, random: Random) => Minute

const LOST_AFTER = 10

function* arrivals(rate: number, seconds: number, random: Random): Generator<number> {
  for (let at = exponential(random, rate); at < seconds; at += exponential(random, rate)) yield at
}

/** `servers` at a time, each for `service` seconds, the others in line: M/D/c. */
export const queue =
  (servers: number, service: number): Model =>
  (rate, seconds, random) => {
    const free = Array.from({ length: servers }, () => 0)
    const minute: Minute = { waits: [], lost: 0 }
    for (const at of arrivals(rate, seconds, random)) {
      const next = free.indexOf(Math.min(...free))
      const done = Math.max(at, free[next]!) + service
      free[next] = done
      if (done - at > LOST_AFTER) minute.lost++
      else minute.waits.push((done - at) * 1000)
    }
    return minute
  }

/** So many places, no line: whoever finds none is turned away. */
export const slots =
  (places: number, service: number): Model =>
  (rate, seconds, random) => {
    let busy: number[] = []
    const minute: Minute = { waits: [], lost: 0 }
    for (const at of arrivals(rate, seconds, random)) {
      busy = busy.filter(until => until > at)
      if (busy.length >= places) {
        minute.lost++
        continue
      }
      busy.push(at + service)
      minute.waits.push(service * 1000)
    }
    return minute
  }

/** So many a second, as many saved up at most: a token bucket. */
export const bucket =
  (perSecond: number): Model =>
  (rate, seconds, random) => {
    let [tokens, before] = [perSecond, 0]
    const minute: Minute = { waits: [], lost: 0 }
    for (const at of arrivals(rate, seconds, random)) {
      tokens = Math.min(perSecond, tokens + (at - before) * perSecond)
      before = at
      if (tokens < 1) {
        minute.lost++
        continue
      }
      tokens--
      minute.waits.push(1)
    }
    return minute
  }

/** One at a time, and each costs more, the more there are; `overhead` in seconds is what it costs beside. */
export const collapsing =
  (overhead: number): Model =>
  (rate, seconds, random) => {
    const { workMs, per, delayMs } = COLLAPSE
    const all = [...arrivals(rate, seconds, random)]
    const minute: Minute = { waits: [], lost: 0 }
    let free = 0
    let seen = 0
    for (const [i, at] of all.entries()) {
      const start = Math.max(at + delayMs / 1000, free)
      while (seen < all.length && all[seen]! <= start) seen++
      const waiting = seen - i
      free = start + overhead + (workMs * (1 + waiting / per)) / 1000
      if (free - at > LOST_AFTER) minute.lost++
      else minute.waits.push((free - at) * 1000)
    }
    return minute
  }

/** Each leaves something for `held` seconds; when there are more than `most` of them, it dies and some are lost. */
export const leaking =
  (most: number, held: number): Model =>
  (rate, seconds, random) => {
    const all = [...arrivals(rate, seconds, random)]
    const dies = all.some((at, i) => i >= most && at - all[i - most]! < held)
    return { waits: all.map(() => 1), lost: dies ? all.length : 0 }
  }

const MINUTES = 25
const SECONDS = 60

/** Whether most minutes at the rate keep 99.9% of the visitors and 95 of 100 of them under a second. */
function holds(model: Model, rate: number): boolean {
  let kept = 0
  for (let i = 0; i < MINUTES; i++) {
    const { waits, lost } = model(rate, SECONDS, seeded(1000 + i))
    const late = waits.filter(each => each >= 1000).length + lost
    const all = waits.length + lost
    if (lost < all * 0.001 && late <= all * 0.05) kept++
  }
  return kept > MINUTES / 2
}

/** Arrivals per second, to half a per cent. */
export function trueWall(model: Model): number {
  let [low, high] = [1, 2]
  while (holds(model, high)) [low, high] = [high, high * 2]
  while (high / low > 1.005) {
    const middle = Math.sqrt(low * high)
    if (holds(model, middle)) low = middle
    else high = middle
  }
  return Math.sqrt(low * high)
}
