// What an origin has met since it last changed for the better or the worse, kept so that the log can tell why it is down
// or up. Counts in, a sentence out.

/** In the order in which they are told. */
export interface Failures {
  /** Connections refused, reset or cut short. */
  resets: number
  timeouts: number
  probes: number
}

export class Streak {
  readonly #failures: Failures = { resets: 0, timeouts: 0, probes: 0 }
  #lastError = ''

  /** How many failures in a row. */
  get length(): number {
    const { resets, timeouts, probes } = this.#failures
    return resets + timeouts + probes
  }

  /** More of them; `error` is what the last probe met. */
  add(more: Partial<Failures>, error = ''): void {
    for (const kind of ['resets', 'timeouts', 'probes'] as const) this.#failures[kind] += more[kind] ?? 0
    if (error !== '') this.#lastError = error
  }

  /** Something worked. */
  clear(): void {
    Object.assign(this.#failures, { resets: 0, timeouts: 0, probes: 0 })
    this.#lastError = ''
  }

  /** "3 failures in a row: 2 connections refused, reset or cut short, 1 failed probe (status 503)". */
  get text(): string {
    const { resets, timeouts, probes } = this.#failures
    const error = this.#lastError === '' ? '' : ` (${this.#lastError})`
    const parts = [
      resets > 0 ? `${count(resets, 'connection')} refused, reset or cut short` : '',
      timeouts > 0 ? count(timeouts, 'time-out') : '',
      probes > 0 ? `${count(probes, 'failed probe')}${error}` : '',
    ]
    return `${count(this.length, 'failure')} in a row: ${parts.filter(part => part !== '').join(', ')}`
  }
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
