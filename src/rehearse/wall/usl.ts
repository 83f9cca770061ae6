// The Universal Scalability Law (Gunther, "Guerrilla Capacity Planning", 2007): throughput X of N requests at a time is
// X(N) = λN / (1 + σ(N-1) + κN(N-1)). σ is what they queue for, κ what they cost each other; with κ the site gets slower
// the more is asked of it. Fitted by least squares to what the levels showed, with an interval from resampling them.
import { below, seeded } from '../../base/random.ts'

export interface Point {
  /** Requests at a time, by Little's law: throughput times mean response time. */
  inFlight: number
  /** Good answers per second. */
  throughput: number
}

interface Law {
  lambda: number
  sigma: number
  kappa: number
}

export interface UslFit extends Law {
  /** Good answers per second at the most, and 90% of resampled fits around it; null where the law has no top. */
  peak: number | null
  interval: [number, number] | null
  levels: number
}

/** Three numbers are fitted; with fewer levels than twice that the fit would say more than was seen. */
const LEAST_LEVELS = 6
const RESAMPLES = 400

/** Undefined with too few levels. `seed` makes the interval repeatable. */
export function fitUsl(points: readonly Point[], seed: number): UslFit | undefined {
  const usable = points.filter(point => point.inFlight > 0 && point.throughput > 0)
  const law = usable.length < LEAST_LEVELS ? undefined : fit(usable)
  if (law === undefined) return undefined
  const random = seeded(seed)
  const peaks: number[] = []
  for (let i = 0; i < RESAMPLES; i++) {
    const sample = usable.map(() => usable[below(random, usable.length)]!)
    const again = fit(sample)
    if (again !== undefined) peaks.push(peakOf(again))
  }
  peaks.sort((a, b) => a - b)
  const at = (part: number): number => peaks[Math.min(peaks.length - 1, Math.floor(part * peaks.length))]!
  const interval: [number, number] | null = peaks.length < RESAMPLES / 2 || at(0.95) === Infinity ? null : [at(0.05), at(0.95)] // prettier-ignore
  const peak = peakOf(law)
  return { ...law, peak: peak === Infinity ? null : peak, interval, levels: usable.length }
}

/** Where X(N) is highest: at N = sqrt((1-σ)/κ), or, without κ, the λ/σ that it nears. */
function peakOf({ lambda, sigma, kappa }: Law): number {
  if (kappa === 0) return sigma === 0 ? Infinity : lambda / sigma
  const n = Math.max(1, Math.sqrt(Math.max(0, 1 - sigma) / kappa))
  return (lambda * n) / (1 + sigma * (n - 1) + kappa * n * (n - 1))
}

/** N/X = a + b(N-1) + cN(N-1) is linear in a = 1/λ, b = σ/λ, c = κ/λ, none of which can be negative. */
function fit(points: readonly Point[]): Law | undefined {
  const rows = points.map(({ inFlight: n, throughput: x }) => ({ y: n / x, terms: [1, n - 1, n * (n - 1)] as const, weight: (x / n) ** 2 })) // prettier-ignore
  let best: { numbers: number[]; error: number } | undefined
  for (const kept of [[0, 1, 2], [0, 1], [0, 2], [0]]) {
    const solved = solve(rows, kept)
    if (solved === undefined || solved[0]! <= 0 || solved.some(number => number < 0)) continue
    const numbers = [0, 1, 2].map(term => solved[kept.indexOf(term)] ?? 0)
    const error = rows.reduce((sum, { y, terms, weight }) => sum + weight * (y - terms.reduce((to, term, i) => to + term * numbers[i]!, 0)) ** 2, 0) // prettier-ignore
    if (best === undefined || error < best.error) best = { numbers, error }
  }
  if (best === undefined) return undefined
  const [a, b, c] = best.numbers as [number, number, number]
  return { lambda: 1 / a, sigma: b / a, kappa: c / a }
}

interface Row {
  y: number
  terms: readonly [number, number, number]
  /** Relative errors count alike, so that the slow levels do not drown the others. */
  weight: number
}

/** Weighted least squares over the kept terms, by the normal equations. Undefined when they do not determine them. */
function solve(rows: readonly Row[], kept: readonly number[]): number[] | undefined {
  const size = kept.length
  const matrix = kept.map(i => [...kept.map(j => sum(rows, row => row.terms[i]! * row.terms[j]!)), sum(rows, row => row.terms[i]! * row.y)]) // prettier-ignore
  for (let pivot = 0; pivot < size; pivot++) {
    const largest = matrix.slice(pivot).reduce((best, row, i) => (Math.abs(row[pivot]!) > Math.abs(matrix[best]![pivot]!) ? pivot + i : best), pivot) // prettier-ignore
    ;[matrix[pivot], matrix[largest]] = [matrix[largest]!, matrix[pivot]!]
    const divisor = matrix[pivot]![pivot]!
    if (Math.abs(divisor) < 1e-15) return undefined
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue
      const factor = matrix[row]![pivot]! / divisor
      for (let column = pivot; column <= size; column++) matrix[row]![column]! -= factor * matrix[pivot]![column]!
    }
  }
  return matrix.map((row, i) => row[size]! / row[i]!)
}

const sum = (rows: readonly Row[], of: (row: Row) => number): number =>
  rows.reduce((total, row) => total + row.weight * of(row), 0)
