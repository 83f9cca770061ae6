// What page loads felt like to real browsers, as figures. Pure.

/** One page load. */
export interface PageLoad {
  /** Arrivals per second of the crowd beside it when it began; null where they change from second to second. */
  rate: number | null
  path: string
  /** Milliseconds from the navigation's start until something was painted and until the page had loaded; null: it never was. */
  paintedMs: number | null
  loadedMs: number | null
  /** Why the page did not come, in a sentence; null when it did. */
  fault: string | null
}

export interface Felt {
  ratePerSecond: number | null
  loads: number
  lost: number
  paintedMs: { p50: number; p95: number } | null
  loadedMs: { p50: number; p95: number } | null
  /** Of those that were lost, in words, a few. */
  faults: string[]
}

const MOST_FAULTS = 3

/** Figures for each rate of the crowd, from the lowest. */
export function feltBy(loads: readonly PageLoad[]): Felt[] {
  const rates = [...new Set(loads.map(({ rate }) => rate))].toSorted((a, b) => (a ?? 0) - (b ?? 0))
  return rates.map(rate => {
    const own = loads.filter(each => each.rate === rate)
    return {
      ratePerSecond: rate,
      loads: own.length,
      lost: own.filter(({ fault }) => fault !== null).length,
      paintedMs: middleAndEnd(own.map(({ paintedMs }) => paintedMs)),
      loadedMs: middleAndEnd(own.map(({ loadedMs }) => loadedMs)),
      faults: [...new Set(own.flatMap(({ fault }) => fault ?? []))].slice(0, MOST_FAULTS),
    }
  })
}

function middleAndEnd(values: readonly (number | null)[]): { p50: number; p95: number } | null {
  const known = values.filter(each => each !== null).toSorted((a, b) => a - b)
  const at = (part: number): number => Math.round(known[Math.min(known.length - 1, Math.floor(part * known.length))]!)
  return known.length === 0 ? null : { p50: at(0.5), p95: at(0.95) }
}

/** A line for each rate. */
export function feltText(felt: readonly Felt[]): string[] {
  return felt.map(({ ratePerSecond, loads, lost, paintedMs, loadedMs, faults }) => {
    const beside = ratePerSecond === null ? '' : ` beside ${Math.round(ratePerSecond)} a second`
    const shown = paintedMs === null ? '' : `, seen after ${paintedMs.p50} ms (95 of 100: ${paintedMs.p95})`
    const whole = loadedMs === null ? '' : `, loaded after ${loadedMs.p50} ms (${loadedMs.p95})`
    return `Real browsers${beside}: ${loads} pages${shown}${whole}, ${lost} lost${faults.map(each => `; ${each}`).join('')}`
  })
}
