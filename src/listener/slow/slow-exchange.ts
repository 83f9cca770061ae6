// One request of the slow lane as the rooms see it.

import type { Outcome } from '../../board/counters.ts'
import type { Settings, SiteConfig } from '../../config/types.ts'
import type { Body, Client, Exchange, Intent, Permit } from '../../exchange.ts'
import type { Fields } from '../../http/fields.ts'
import type { ReasonCode } from '../../reasons.ts'
import type { Head } from './head.ts'
import type { Peer } from './types.ts'

interface Ways {
  startedAt: number
  body: Body | null
  upgrade: string | undefined
  /** It came by HTTP/2. */
  isStream: boolean
  inform(status: number, fields: Fields): void
}

export class SlowExchange implements Exchange {
  readonly startedAt: number
  readonly method: string
  target: string
  readonly host: string
  readonly peer: Peer
  readonly httpVersion: Exchange['httpVersion']
  readonly upgrade: string | undefined
  fields: Fields
  body: Body | null
  client: Client
  // The site room writes these two before any other room reads them.
  site!: SiteConfig
  settings!: Settings
  settingsOf!: Exchange['settingsOf']
  key: string | undefined = undefined
  intent: Intent = 'pass'
  stale: Exchange['stale'] = undefined
  seen: number | undefined = undefined
  purges = 0
  permit: Permit | undefined = undefined
  quota: Fields | undefined = undefined
  visit: Exchange['visit'] = undefined
  queuedMs = 0
  originMs = 0
  outcome: Outcome = 'failed'
  reason: ReasonCode | undefined = undefined
  readonly #inform: Ways['inform']
  #leaving: AbortController | undefined
  #left = false

  constructor(head: Head, peer: Peer, ways: Ways) {
    this.startedAt = ways.startedAt
    this.method = head.method
    this.target = head.target
    this.host = head.host
    this.httpVersion = ways.isStream ? '2.0' : head.httpVersion
    this.fields = head.fields
    this.peer = peer
    this.body = ways.body
    this.upgrade = ways.upgrade
    this.client = { address: peer.address, scheme: peer.secure ? 'https' : 'http' }
    this.#inform = (status, fields) => ways.inform(status, fields)
  }

  inform(status: number, fields: Fields): void {
    this.#inform(status, fields)
  }

  /** Made when a room asks for it: most requests end without anybody listening. */
  get gone(): AbortSignal {
    if (this.#leaving === undefined) {
      this.#leaving = new AbortController()
      if (this.#left) this.#leaving.abort()
    }
    return this.#leaving.signal
  }

  /** The visitor has left, or no longer waits for what the rooms may still bring. */
  leave(): void {
    this.#left = true
    this.#leaving?.abort()
  }
}
