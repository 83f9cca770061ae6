// The last quarter of an hour in the browser: loaded once, then one second at a time as server-sent events. After a broken
// connection the history is loaded again, so that charts have no hole where this process has none.

/** As many seconds as the process keeps. */
export const KEPT = 900
/** Figures that are told over more than a moment are told over so many seconds. */
const RECENT = 10

export class Seconds {
  columns = { at: [] }

  async load() {
    const response = await fetch('/api/history', { cache: 'no-store' })
    if (!response.ok) throw new Error(`The history was answered with ${response.status}`)
    this.columns = (await response.json()).columns
  }

  add(second) {
    if (second.at <= (this.columns.at.at(-1) ?? 0)) return
    for (const [name, value] of Object.entries(second)) {
      const column = (this.columns[name] ??= [])
      column.push(value)
      if (column.length > KEPT) column.shift()
    }
  }

  /** Each column's sum over the last ten seconds, and how many there were. */
  get recent() {
    const seconds = Math.min(RECENT, this.columns.at.length)
    const sums = Object.entries(this.columns).map(([name, values]) => [name, sumOf(values, values.length - 1)])
    return { ...Object.fromEntries(sums), seconds }
  }
}

/** Columns over a longer time than is kept here, as few enough points to be drawn. */
export async function longAgo(span) {
  const response = await fetch(`/api/history?span=${span}`, { cache: 'no-store' })
  if (!response.ok) throw new Error(`The history was answered with ${response.status}`)
  return (await response.json()).columns
}

/** Over the ten values up to place `end`. */
export function sumOf(values, end) {
  let sum = 0
  for (let i = Math.max(0, end - RECENT + 1); i <= end; i++) sum += values[i] ?? 0
  return sum
}

/** Calls `heard` with each second, `lost` when the connection breaks, `found` when it is there (again). */
export function listen({ heard, lost, found }) {
  const source = new EventSource('/api/live')
  source.addEventListener('open', found)
  source.addEventListener('message', event => heard(JSON.parse(event.data)))
  source.addEventListener('error', () => {
    lost()
    // A browser gives up for good after an answer that is no stream, such as 503 while the process starts.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen({ heard, lost, found }), 2000)
  })
}
