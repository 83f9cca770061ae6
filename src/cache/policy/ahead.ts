// When a response that many ask for is fetched anew before its lifetime is over, so that nobody waits at its end. Each head that is
// written anew draws once: the more were served since the last, the sooner the draw is likely to hit (probabilistic early
// expiration: Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015).

/** Lifetimes below that, milliseconds, are over before a refresh would be back. */
const SHORTEST = 2000
/** Served so often since the last draw, about a second ago: what fewer ask for may as well be fetched by the next of them. */
const POPULAR = 3
/** Milliseconds from one draw to the next, less for short lifetimes: the last draw must not come too late. */
const LAST_DRAW = 1000

/**
 * Is it time? All in milliseconds: `lifetime` from storing to the end, `left` of it now; `served` since the last draw; `chance`
 * uniform in [0, 1). The scale of the jitter is a fortieth of the lifetime, from 250 ms to 5 s.
 */
export function isTimeToRefresh(lifetime: number, left: number, served: number, chance: number): boolean {
  if (lifetime < SHORTEST || served < POPULAR) return false
  const scale = Math.min(Math.max(lifetime / 40, 250), 5000)
  // The largest of as many exponential draws as were served.
  const ahead = -scale * Math.log1p(-(chance ** (1 / served)))
  return left < Math.min(LAST_DRAW, lifetime / 4) + ahead
}
