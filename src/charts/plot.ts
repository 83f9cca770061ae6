// The picture within a chart's axes, as inline SVG: lines, areas, stacks. It is stretched to whatever place there is, so strokes
// do not scale and no text stands in it. Where nothing is known for a while the line breaks: a gap is not a zero.

export interface Series {
  label: string
  /** Name of a colour of the page: store, origin, bad, … */
  colour: string
  /** A value for each place; null is what is not known. */
  values: readonly (number | null)[]
  look?: 'line' | 'area' | 'dashed'
}

/** Units of the picture's inside; it is stretched, so they stand for nothing. */
const [WIDTH, HEIGHT] = [1000, 100]

export interface Frame {
  from: number
  to: number
  highest: number
  /** Between two points that are farther apart than this nothing is known. */
  gap: number
}

interface Point {
  x: number
  /** Of the line, and of what it stands on. */
  y: number
  low: number
}

/** `at`: the places of the values, ascending. Stacked: each series stands upon those before it. */
export function plot(at: readonly number[], series: readonly Series[], stacked: boolean, frame: Frame): string {
  const below = at.map(() => 0)
  const drawn = series.map(each => {
    const points = at.map((place, i) => pointAt(place, each.values[i] ?? null, stacked ? below[i]! : 0, frame))
    if (stacked) for (const [i, value] of each.values.entries()) below[i]! += value ?? 0
    return shape(each, runsOf(at, points, frame.gap), stacked)
  })
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">${drawn.join('')}</svg>`
}

function pointAt(at: number, value: number | null, below: number, { from, to, highest }: Frame): Point | null {
  if (value === null) return null
  const up = (each: number): number => HEIGHT - (Math.min(each, highest) / highest) * HEIGHT
  return { x: ((at - from) / (to - from)) * WIDTH, y: up(value + below), low: up(below) }
}

/** The points that belong together: without what is not known, and without gaps. */
function runsOf(at: readonly number[], points: readonly (Point | null)[], gap: number): Point[][] {
  const runs: Point[][] = []
  let before = -Infinity
  for (const [i, point] of points.entries()) {
    if (point === null) continue
    if (at[i]! - before > gap) runs.push([])
    runs.at(-1)!.push(point)
    before = at[i]!
  }
  return runs
}

function shape({ colour, look = 'line' }: Series, runs: readonly Point[][], stacked: boolean): string {
  const outline = runs.map(run => `M${run.map(({ x, y }) => `${short(x)} ${short(y)}`).join('L')}${run.length === 1 ? 'h0.5' : ''}`).join('') // prettier-ignore
  const filled = runs.map(run => `${lineOf(run, 'y', 'M')}${lineOf(run.toReversed(), 'low', 'L')}Z`).join('')
  const area =
    stacked || look === 'area' ? `<path class="${stacked ? 'stack' : 'below'} ${colour}" d="${filled}"/>` : ''
  return `${area}${stacked ? '' : `<path class="line ${look === 'dashed' ? 'dashed ' : ''}${colour}" d="${outline}"/>`}`
}

const lineOf = (run: readonly Point[], side: 'y' | 'low', begin: 'M' | 'L'): string =>
  begin + run.map(point => `${short(point.x)} ${short(point[side])}`).join('L')

const short = (value: number): string => String(Math.round(value * 100) / 100)
