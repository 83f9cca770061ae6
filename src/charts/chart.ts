// A chart as a figure of HTML: title, picture, axes and legend. Axes and legend are text beside the stretched picture, so they
// keep their size on a phone and are read aloud; the picture itself is told in a sentence.

import { safe } from './escape.ts'
import type { Format } from './numbers.ts'
import { plot } from './plot.ts'
import type { Series } from './plot.ts'
import { along, roundStep, upwards } from './ticks.ts'
import type { Along } from './ticks.ts'

/** A span that is marked behind the picture, in the axis's unit: an alert, a level. */
export interface Mark {
  from: number
  to: number
  colour: string
}

export interface Chart {
  title: string
  /** What to see in it, in a sentence. */
  prose?: string
  format: Format
  /** Sizes have round numbers of their own. */
  base?: 2 | 10
  stacked?: boolean
  /** The axis reaches at least, or exactly, so far. */
  floor?: number
  ceiling?: number
  /** Of each series its lowest is told, not its highest. */
  low?: true
  series: readonly Series[]
}

/** What charts of one page share. */
export interface Axis extends Along {
  /** The places of the values, ascending. */
  at: readonly number[]
  marks: readonly Mark[]
  /** Whether points belong together however far apart they lie. */
  joined?: true
}

/** Points that lie more steps apart than this have nothing known between them. */
const GAP_STEPS = 3.5

export function figure(chart: Chart, axis: Axis): string {
  const { title, prose, series, stacked = false, format, base } = chart
  const highest = highestOf(chart)
  const frame = {
    from: axis.from,
    to: axis.to,
    highest,
    gap: axis.joined === true ? Number.MAX_VALUE : usualStep(axis.at) * GAP_STEPS,
  }
  const lines = upwards(highest, format, base)
  const up = (value: number): string => share(1 - value / highest)
  return `<figure><figcaption><h3>${safe(title)}</h3>${prose === undefined ? '' : `<p>${safe(prose)}</p>`}</figcaption>
<div class="plot" role="img" aria-label="${safe(said(chart))}">
<div class="ys" aria-hidden="true">${lines.map(({ at, text }) => `<span style="top:${up(at)}">${safe(text)}</span>`).join('')}</div>
<div class="inside">${lines.map(({ at }) => `<i style="top:${up(at)}"></i>`).join('')}${axis.marks.map(mark => band(mark, axis)).join('')}${plot(axis.at, series, stacked, frame)}</div>
<div class="xs" aria-hidden="true">${timeTexts(axis)}</div></div>
<ul class="legend">${series.map(each => legend(chart, each)).join('')}</ul></figure>`
}

/** The highest that is shown: a round number above all values. */
function highestOf({ series, stacked, floor = 1, ceiling, base }: Chart): number {
  if (ceiling !== undefined) return ceiling
  const length = Math.max(0, ...series.map(({ values }) => values.length))
  const tops = Array.from({ length }, (_, i) => {
    const values = series.map(each => each.values[i] ?? 0)
    return stacked === true ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values)
  })
  const highest = tops.reduce((most, value) => Math.max(most, value), floor)
  const step = roundStep(highest, 4, base)
  return Math.ceil(highest / step - 0.001) * step
}

/** Most points lie so far apart; Infinity where there are too few to tell. */
function usualStep(at: readonly number[]): number {
  const steps = at.slice(1).map((place, i) => place - at[i]!)
  return steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? Infinity
}

/** What is told of a series: its highest, or its lowest where that is the worst. */
function extreme({ low, format }: Chart, { values }: Series): string {
  const known = values.filter(value => value !== null)
  const found = known.reduce<number | null>(
    (a, b) => (a === null ? b : low === true ? Math.min(a, b) : Math.max(a, b)),
    null,
  )
  return `${format(found)}${low === true ? ' at worst' : ''}`
}

const said = (chart: Chart): string =>
  `${chart.title}. ${chart.low === true ? 'Lowest' : 'Highest'}: ${chart.series.map(each => `${each.label} ${extreme(chart, each)}`).join('; ')}.`

const legend = (chart: Chart, series: Series): string =>
  `<li><span class="swatch ${series.look ?? 'line'} ${series.colour}"></span>${safe(series.label)} <b>${safe(extreme(chart, series))}</b></li>`

const placeOf = (at: number, { from, to }: Along): number => Math.min(1, Math.max(0, (at - from) / (to - from)))

/** For CSS. */
const share = (part: number): string => `${Math.round(part * 10_000) / 100}%`

function band({ from, to, colour }: Mark, axis: Along): string {
  const [left, right] = [placeOf(from, axis), placeOf(to, axis)]
  return `<b class="${colour}" style="left:${share(left)};width:${share(right - left)}"></b>`
}

function timeTexts(axis: Along): string {
  return along(axis)
    .map(({ at, text }) => `<span style="left:${share(placeOf(at, axis))}">${safe(text)}</span>`)
    .join('')
}

/** One bar of a time line. */
export interface Bar extends Mark {
  /** Which row it belongs to. */
  row: string
  /** What it says to who points at it or cannot see it. */
  text: string
}

/** Bars on rows, over the same axis as the charts: when what held. */
export function timeLine(title: string, bars: readonly Bar[], axis: Axis): string {
  const rows = Map.groupBy(bars, bar => bar.row)
  const drawn = [...rows].map(([row, own]) => {
    const spans = own.map(bar => `<b class="${bar.colour}" style="left:${share(placeOf(bar.from, axis))};width:max(3px,${share(placeOf(bar.to, axis) - placeOf(bar.from, axis))})" title="${safe(bar.text)}"></b>`) // prettier-ignore
    return `<li><span>${safe(row)}</span><div>${spans.join('')}</div></li>`
  })
  return `<figure class="time-line"><figcaption><h3>${safe(title)}</h3></figcaption>
<ul aria-hidden="true">${drawn.join('')}</ul><div class="xs" aria-hidden="true">${timeTexts(axis)}</div></figure>`
}
