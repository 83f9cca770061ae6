// What operators are told of the origins: each change, with its reason. Nothing is decided here.

import type { Log } from '../threads/log.ts'
import type { Origin } from './origin.ts'

export class OriginEvents {
  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
  }

  added(origin: Origin, why: string): void {
    this.#log('info', 'origin-added', { ...named(origin), why })
  }

  /** It gets nothing new. */
  draining(origin: Origin, why: string): void {
    this.#log('info', 'origin-draining', { ...named(origin), why })
  }

  /** It is not in the table any more. */
  removed(origin: Origin): void {
    this.#log('info', 'origin-removed', named(origin))
  }

  /** Does what may change how the origin is, and tells when it has. One that drains is of no concern to anybody. */
  noticing<T>(origin: Origin, act: () => T): T {
    const { health } = origin
    const { state, isAiling } = health
    const result = act()
    if (origin.isDraining) return result
    if (health.state !== state) this.#turned(origin)
    else if (health.isAiling !== isAiling) this.#ails(origin)
    return result
  }

  #turned(origin: Origin): void {
    const detail = { ...named(origin), why: origin.health.why }
    if (origin.health.state === 'down') this.#log('error', 'origin-down', detail)
    else this.#log('info', 'origin-up', detail)
  }

  #ails(origin: Origin): void {
    const detail = { ...named(origin), why: origin.health.why }
    if (origin.health.isAiling) this.#log('warn', 'origin-ailing', detail)
    else this.#log('info', 'origin-well', detail)
  }
}

const named = ({ site, url }: Origin) => ({ site, origin: url })
