// What will happen, in the order of time: a binary heap. The simulation's clock is the time of what happens now.

interface Event {
  readonly at: number
  readonly act: () => void
}

export class Events {
  now = 0
  readonly #heap: Event[] = []

  after(ms: number, act: () => void): void {
    const heap = this.#heap
    heap.push({ at: this.now + ms, act })
    for (let i = heap.length - 1; i > 0;) {
      const parent = (i - 1) >> 1
      if (heap[parent]!.at <= heap[i]!.at) break
      ;[heap[parent], heap[i]] = [heap[i]!, heap[parent]!]
      i = parent
    }
  }

  /** Lets everything happen until then. */
  runUntil(end: number): void {
    while (this.#heap.length > 0 && this.#heap[0]!.at <= end) {
      const { at, act } = this.#pop()
      this.now = at
      act()
    }
    this.now = end
  }

  #pop(): Event {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length > 0) heap[0] = last
    for (let i = 0; ;) {
      const left = 2 * i + 1
      if (left >= heap.length) break
      const least = left + 1 < heap.length && heap[left + 1]!.at < heap[left]!.at ? left + 1 : left
      if (heap[i]!.at <= heap[least]!.at) break
      ;[heap[i], heap[least]] = [heap[least]!, heap[i]!]
      i = least
    }
    return first
  }
}
