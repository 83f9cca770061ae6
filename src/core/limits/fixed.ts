// A limit that somebody has set: L(t) = L.

import type { Limit } from './limit.ts'

export class Fixed implements Limit {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }

  observe(): void {
    // Nothing that is seen changes it.
  }
}
