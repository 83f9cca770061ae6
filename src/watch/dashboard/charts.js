// The charts: uPlot on a canvas, a legend of real text below it, and a sentence in words for who does not see the canvas.
import { day, timeOfDay } from './format.js'

const Plot = globalThis.uPlot
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
const element = (tag, className, text = '') =>
  Object.assign(document.createElement(tag), { className, textContent: text })

export class Chart {
  #panel
  #plot
  #box = element('div', 'plot')
  #values = []
  #data = [[]]
  /** Not stacked: what the legend tells. */
  #rows = []
  #columns = { at: [] }
  #span = 300

  /** A figure at the end of `section`. */
  constructor(panel, section) {
    this.#panel = panel
    const figure = element('figure', '')
    const title = element('h3', '', panel.title)
    const legend = element('ul', 'legend')
    for (const { label, colour, dashed } of panel.series) {
      const swatch = element('span', dashed ? 'swatch dashed' : 'swatch')
      swatch.style.setProperty('--colour', `var(--${colour})`)
      const value = element('b', '')
      this.#values.push(value)
      const item = element('li', '')
      item.append(swatch, `${label} `, value)
      legend.append(item)
    }
    this.#box.setAttribute('role', 'img')
    this.#box.setAttribute('aria-label', panel.title)
    figure.append(title, this.#box, legend)
    section.append(figure)
    new ResizeObserver(() => this.#resize()).observe(this.#box)
  }

  /** Anew, with the colours that hold now. */
  paint() {
    this.#plot?.destroy()
    const { clientWidth, clientHeight } = this.#box
    this.#plot = new Plot(this.#options(clientWidth, clientHeight), this.#data, this.#box)
  }

  show(columns, span) {
    this.#columns = columns
    this.#span = span
    this.#rows = this.#panel.series.map(({ value }) => columns.at.map((_, i) => value(columns, i)))
    this.#data = [columns.at, ...(this.#panel.stacked ? stack(this.#rows) : this.#rows)]
    this.#plot?.setData(this.#data)
    this.#tell()
  }

  /** In words: now, and the highest of the time shown. */
  describe() {
    const { title, series, format } = this.#panel
    const from = (this.#columns.at.at(-1) ?? 0) - this.#span
    const first = Math.max(
      0,
      this.#columns.at.findIndex(at => at >= from),
    )
    const said = series.map(({ label }, i) => {
      const shown = this.#rows[i]?.slice(first).filter(value => value !== null) ?? []
      const highest = shown.length === 0 ? null : Math.max(...shown)
      return `${label} ${format(this.#rows[i]?.at(-1) ?? null)}, highest ${format(highest)}`
    })
    this.#box.setAttribute('aria-label', `${title}, last ${this.#span / 60} min: ${said.join('; ')}.`)
  }

  /** The legend's values: under the cursor, or now. */
  #tell() {
    const at = this.#plot?.cursor.idx ?? this.#columns.at.length - 1
    for (const [i, value] of this.#values.entries()) {
      const text = this.#panel.format(this.#rows[i]?.[at] ?? null)
      if (value.textContent !== text) value.textContent = text
    }
  }

  #resize() {
    const { clientWidth: width, clientHeight: height } = this.#box
    if (this.#plot !== undefined && width > 0) this.#plot.setSize({ width, height })
  }

  #options(width, height) {
    const { series, stacked, floor = 1, ceiling } = this.#panel
    const drawn = series.map(each => lineOf(each, stacked))
    return {
      width: Math.max(width, 100),
      height: Math.max(height, 80),
      padding: [10, RIGHT_PADDING, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'time' }, points: { show: !stacked, size: 6 } },
      scales: {
        x: { time: true, range: () => this.#shown() },
        y: { range: (_, __, highest) => [0, ceiling ?? Math.max(floor, (highest ?? 0) * 1.08)] },
      },
      axes: this.#axes(),
      series: [{}, ...(stacked ? drawn.reverse() : drawn)],
      hooks: { setCursor: [() => this.#tell()] },
    }
  }

  #shown() {
    const last = this.#columns.at.at(-1) ?? Date.now() / 1000
    return [last - this.#span, last]
  }

  #axes() {
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
    const look = {
      stroke: colour('muted'),
      font: `${Math.round(0.72 * rem)}px system-ui, sans-serif`,
      ticks: { show: false },
    }
    const value = (_, splits) => splits.map(each => this.#panel.format(each))
    return [
      { ...look, grid: { show: false }, size: 1.6 * rem, space: 5 * rem, incrs: timeSteps, values: times },
      {
        ...look,
        grid: { stroke: colour('line'), width: 1 },
        size: 3.9 * rem,
        space: 2.2 * rem,
        values: value,
        ...(this.#panel.base === 2 ? { incrs: binarySteps } : {}),
      },
    ]
  }
}

/** Pixels. */
const RIGHT_PADDING = 8

/** Seconds between two times on the axis. */
const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 300, 600, 3600, 10_800, 21_600, 86_400, 604_800, 1_209_600]

/** As uPlot asks for them; `step` is the time between two, in seconds. One that the edge would cut is left out. */
function times(plot, places, _, __, step) {
  const half = (step < 60 ? 2.2 : 1.4) * Number.parseFloat(getComputedStyle(plot.root).fontSize)
  return places.map(at =>
    plot.valToPos(at, 'x') + half > plot.over.clientWidth + RIGHT_PADDING
      ? ''
      : step < 86_400
        ? timeOfDay(at * 1000, step < 60)
        : day(at * 1000),
  )
}

/** Steps of 1, 2, 4, … KiB and so on, so that an axis of bytes has round numbers. */
const binarySteps = Array.from({ length: 40 }, (_, i) => 2 ** i)

function lineOf({ label, colour: name, filled, dashed }, stacked) {
  const stroke = colour(name)
  return {
    label,
    stroke,
    width: stacked ? 1 : 1.75,
    points: { show: false },
    ...(stacked ? { fill: stroke } : {}),
    ...(filled ? { fill: `${stroke}2e` } : {}),
    ...(dashed ? { dash: [4, 4], width: 1.25 } : {}),
  }
}

/** Each row upon those before it; the highest first, because it is drawn first and the others over it. */
function stack(rows) {
  const below = rows[0].map(() => 0)
  return rows.map(row => row.map((value, i) => (below[i] += value))).reverse()
}
