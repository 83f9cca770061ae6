// Keeps a terminal readable while the same thing goes wrong hundreds of times a second: the first few are shown, the others
// are counted, for as long as it goes on. The log for machines is not thinned so.

import type { LogEntry } from '../threads/log.ts'

/** Lines of one kind in its first second. */
const SHOWN = 3

export class Torrent {
  #before = new Set<string>()
  #seen = new Map<string, { count: number; shown: number }>()

  /** Is this one of the first of its kind? It is no more where there were some in the second before. */
  admits(entry: LogEntry): boolean {
    const kind = kindOf(entry)
    const seen = this.#seen.get(kind) ?? { count: 0, shown: 0 }
    this.#seen.set(kind, seen)
    seen.count++
    const isFirst = !this.#before.has(kind) && seen.shown < SHOWN
    if (isFirst) seen.shown++
    return isFirst
  }

  /** The second is over: how many of each kind were not shown in it. */
  next(): [kind: string, count: number][] {
    const held = [...this.#seen].map(([kind, { count, shown }]): [string, number] => [kind, count - shown])
    this.#before = new Set(this.#seen.keys())
    this.#seen = new Map()
    return held.filter(([, count]) => count > 0)
  }
}

/** What makes two entries say the same: the event, the origin and the reason. */
function kindOf({ event, detail }: LogEntry): string {
  return [event, detail['origin'], detail['reason']].filter(each => typeof each === 'string').join(' ')
}
