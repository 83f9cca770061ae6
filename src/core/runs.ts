// Room for one large record. Evicting at random until something fits leaves a fifth of the store in pieces too small
// (measured on web-like sizes); evicting the neighbours of one victim until their places together are long enough leaves
// 2%. Of a few victims the run is taken that pushes out the least that was lately asked for.

import { State, Word } from '../store/layout.ts'
import type { Places } from '../store/places.ts'
import type { Segments } from '../store/segments.ts'
import type { Sieves } from './sieves.ts'

const MAX_VICTIMS = 4
/** Tries to find a run at all: beside a place that is being filled, or at the end of a segment, there is none. */
const MAX_TRIES = 16

interface Run {
  refs: number[]
  visited: number
}

/** The published records to evict so that `units` in one piece become free; empty when none was found. */
export function cheapestRun(units: number, segments: Segments, places: Places, sieve: Sieves): number[] {
  let best: Run | null = null
  for (let tries = 0, found = 0; tries < MAX_TRIES && found < MAX_VICTIMS; tries++) {
    const victim = sieve.victim()
    if (victim === 0) break
    const run = runFrom(victim, units, segments, places)
    if (run === null) continue
    found++
    if (best === null || run.visited < best.visited) best = run
    if (best.visited === 0) break
  }
  return best?.refs ?? []
}

/** Walks the places behind `victim` in the order of memory: published ones go, free and retired ones count as they are. */
function runFrom(victim: number, units: number, segments: Segments, places: Places): Run | null {
  const border = (segments.segmentOf(victim) + 1) * segments.unitsEach
  const run: Run = { refs: [], visited: 0 }
  for (let at = victim; at - victim < units;) {
    if (at >= border) return null
    if (!places.isFree(at)) {
      const state = segments.word(at, Word.state)
      if (state === State.filling) return null
      if (state === State.published) {
        run.refs.push(at)
        run.visited += segments.word(at, Word.visited)
      }
    }
    at += segments.word(at, Word.units)
  }
  return run
}
