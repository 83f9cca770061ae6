// What may have given way, and the words for it.
import type { Reading } from '../gauges/gauges.ts'
import type { Level } from './level.ts'

export interface Suspect {
  signal: string
  /** In words and numbers. */
  evidence: string
  /** The signal at each rate, from the lowest: 1 is full. */
  curve: { rate: number; value: number }[]
}

/** From here on a signal counts as full, and up to there as easy. */
export const FULL = 0.9
export const EASY = 0.75

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}

/** A number of the readings at each rate. */
export const curveOf = (levels: readonly Level[], value: (reading: Reading) => number): Suspect['curve'] =>
  levels.flatMap(({ rate, readings }) =>
    readings.length === 0 ? [] : [{ rate, value: median(readings.map(each => value(each))) }],
  )

export const percent = (share: number): string => `${Math.round(share * 100)}%`
export const round = (rate: number): string => (rate < 10 ? rate.toFixed(1) : String(Math.round(rate)))
