// Rate limits: which keys a request counts for, whether all of them have something left, and what to tell the visitor. A rate
// is compiled at its first request; the settings of a rule are one object for as long as the config holds.

import { rateOf } from '../board/rates.ts'
import type { Rate, RateKey, RateTable } from '../board/rates.ts'
import type { RateSettings, Settings } from '../config/types.ts'
import type { Visit } from '../exchange.ts'
import { all, first } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { clientOf } from './address.ts'

/** What a request is counted by. */
export interface Counted {
  readonly target: string
  readonly fields: Fields
  readonly client: { readonly address: string }
  readonly visit?: Visit | undefined
  readonly settings?: Pick<Settings, 'waitingRoom'>
}

/** A window of one key, in microseconds. */
export interface Take extends Rate {
  readonly key: string
}

/**
 * Counts a request over all nodes, for each of these or for none: microseconds until each is paid off, or which of them has nothing left and
 * for how long; null where nobody can tell now.
 */
export type TakeTogether = (
  site: string,
  takes: Take[],
) => Promise<{ ahead: number[] } | { refused: number; wait: number } | null>

/** Whose ticket for a waiting room it carries, where it does and the ticket is good. */
export type HolderOf = (request: Counted) => string | undefined

export interface Verdict {
  readonly ok: boolean
  /** Seconds until one more request will do, when this one was refused. */
  readonly retryAfter: number
  /** RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-10). */
  readonly fields: Fields
}

/** A longer value makes no finer key: nobody tells visitors apart by more. */
const MOST_VALUE = 256

interface Window extends Rate {
  /** The key's beginning: rule, window and what is counted. */
  readonly prefix: string
  readonly count: number
  /** Policy name as a string of Structured Fields. */
  readonly policy: string
}

interface Compiled {
  readonly windows: readonly Window[]
  /** Empty where an address cannot have more than one value. */
  readonly ceilings: readonly Window[]
  /** Nothing of a visitor is in the key, so visitors of all nodes share it. */
  readonly isForAll: boolean
  readonly policies: string
}

interface Taken {
  readonly key: RateKey
  readonly window: Window
  /** Microseconds until all is paid off. */
  readonly ahead: number
}

export class Quotas {
  readonly #table: RateTable
  readonly #now: () => number
  readonly #compiled = new WeakMap<RateSettings, Compiled>()

  readonly #holderOf: HolderOf
  readonly #nodes: () => number
  /** Undefined on a machine by itself. */
  readonly #together: TakeTogether | undefined

  /** `now`: shared microseconds (base/clock.ts). `nodes`: among so many a rate for all visitors together is divided. */
  constructor(
    table: RateTable,
    now: () => number,
    holderOf: HolderOf = () => undefined,
    nodes: () => number = () => 1,
    together?: TakeTogether,
  ) {
    this.#nodes = nodes
    this.#together = together
    this.#table = table
    this.#now = now
    this.#holderOf = holderOf
  }

  /** Whether a request of this rate has to be asked about, because all nodes count it together. */
  isShared(rate: RateSettings): boolean {
    return rate.exact && this.#together !== undefined
  }

  /** As `take`, over all nodes together; while they cannot be asked each lets through its part of the rate. */
  async takeTogether(rate: RateSettings, site: string, request: Counted): Promise<Verdict> {
    const { windows, ceilings, policies } = this.#compile(rate)
    const who = keyOf(rate, request, this.#holderOf)
    const ofClient = who.isMadeUp ? ceilings : []
    const address = clientOf(request.client.address)
    const all = [
      ...windows.map(window => [window, who.key] as const),
      ...ofClient.map(each => [each, address] as const),
    ]
    const takes = all.map(([{ prefix, interval, burst }, key]) => ({ key: prefix + key, interval, burst }))
    const taken = (await this.#together?.(site, takes)) ?? null
    if (taken === null) return this.take(rate, request, true)
    if ('refused' in taken) return refusal(policies, all[taken.refused]![0], taken.wait)
    const lefts = windows.map((window, at) => ({ window, ahead: taken.ahead[at] ?? 0 }))
    return { ok: true, retryAfter: 0, fields: told(policies, tightest(lefts)) }
  }

  /**
   * Counts the request, unless one of its windows has nothing left; then it counts for none of them. `isParted`: this node is to let through
   * no more than its part, whoever is counted.
   */
  take(rate: RateSettings, request: Counted, isParted = false): Verdict {
    const { windows, ceilings, isForAll, policies } = this.#compile(rate)
    const now = this.#now()
    const who = keyOf(rate, request, this.#holderOf)
    const taken: Taken[] = []
    const refused =
      this.#takeEach(isForAll || isParted ? this.#budgets(windows) : windows, who.key, now, taken) ??
      (who.isMadeUp ? this.#takeEach(ceilings, clientOf(request.client.address), now, taken) : undefined)
    if (refused === undefined)
      return { ok: true, retryAfter: 0, fields: told(policies, tightest(taken.slice(0, windows.length))) }
    for (const { key, window } of taken) this.#table.give(key, window, now)
    return refusal(policies, refused.window, refused.wait)
  }

  /** This node's part of a rate that all nodes have together: at least one request at a time, and in the long run no more than its part. */
  #budgets(windows: readonly Window[]): readonly Window[] {
    const nodes = this.#nodes()
    if (nodes <= 1) return windows
    return windows.map(window => {
      const interval = window.interval * nodes
      return { ...window, interval, burst: Math.max(window.burst, interval) }
    })
  }

  /** The window that has nothing left and the microseconds to wait, if there is one. */
  #takeEach(windows: readonly Window[], who: string, now: number, taken: Taken[]) {
    for (const window of windows) {
      const key = this.#table.key(window.prefix + who)
      const ahead = this.#table.take(key, window, now)
      if (ahead < 0) return { window, wait: -ahead }
      taken.push({ key, window, ahead })
    }
    return undefined
  }

  #compile(rate: RateSettings): Compiled {
    let compiled = this.#compiled.get(rate)
    if (compiled === undefined) this.#compiled.set(rate, (compiled = compile(rate)))
    return compiled
  }
}

function compile(rate: RateSettings): Compiled {
  const windows = rate.windows.map((_, i) => windowOf(rate, i, 1))
  const ceilings = rate.by.some(isMadeUp) ? rate.windows.map((_, i) => windowOf(rate, i, rate.ceiling)) : []
  const policies = windows.map(({ policy, count }, i) => `${policy};q=${count};w=${rate.windows[i]!.ms / 1000}`)
  const isForAll = rate.by.every(part => part === 'site' || part === 'path')
  return { windows, ceilings, isForAll, policies: policies.join(', ') }
}

function windowOf({ name, policy, windows, by }: RateSettings, index: number, times: number): Window {
  const { count, ms } = windows[index]!
  const called = windows.length === 1 ? policy : `${policy} ${ms / 1000}s`
  return {
    ...rateOf(count * times, ms),
    count: count * times,
    prefix: `${name}\n${count}/${ms} ${times === 1 ? by.join(' ') : 'ceiling'}\n`,
    policy: `"${called.replace(/["\\]/g, '\\$&')}"`,
  }
}

/** A visitor can have as many values of these as there are: make them up, or draw one ticket after the other. */
const isMadeUp = (part: string): boolean => part === 'ticket' || part.includes(':')

function keyOf({ by }: RateSettings, request: Counted, holderOf: HolderOf): { key: string; isMadeUp: boolean } {
  let key = ''
  let madeUp = false
  for (const part of by) {
    const value = part === 'ticket' ? ticketOf(request, holderOf) : valueOf(part, request)
    madeUp ||= isMadeUp(part) && value !== undefined
    key += `${value === undefined ? `address ${clientOf(request.client.address)}` : value}\n`
  }
  return { key, isMadeUp: madeUp }
}

function ticketOf(request: Counted, holderOf: HolderOf): string | undefined {
  const holder = holderOf(request)
  return holder === undefined ? undefined : `ticket=${holder}`
}

function valueOf(part: string, { target, fields, client }: Counted): string | undefined {
  if (part === 'address') return clientOf(client.address)
  if (part === 'site') return ''
  if (part === 'path') return target.split('?', 1)[0]
  const name = part.slice(part.indexOf(':') + 1)
  const value = part.startsWith('cookie:') ? cookie(fields, name) : first(fields, name.toLowerCase())
  return value === undefined || value === '' ? undefined : `${part}=${value.slice(0, MOST_VALUE)}`
}

/** The first cookie of the name (RFC 6265 section 4.2.1). */
function cookie(fields: Fields, name: string): string | undefined {
  for (const line of all(fields, 'cookie'))
    for (const pair of line.split(';')) {
      const at = pair.indexOf('=')
      if (at !== -1 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
    }
  return undefined
}

interface Left {
  readonly window: Window
  readonly left: number
  readonly seconds: number
}

/** `wait`: microseconds. */
function refusal(policies: string, window: Window, wait: number): Verdict {
  const retryAfter = Math.max(1, Math.ceil(wait / 1e6))
  return { ok: false, retryAfter, fields: told(policies, { window, left: 0, seconds: retryAfter }) }
}

/** Of the windows told of, the one with the least left for its size. */
function tightest(taken: readonly Pick<Taken, 'window' | 'ahead'>[]): Left {
  const lefts = taken.map(({ window, ahead }) => ({
    window,
    left: Math.floor((window.burst - ahead) / window.interval),
    seconds: Math.ceil(ahead / 1e6),
  }))
  return lefts.reduce((a, b) => (b.left / b.window.count < a.left / a.window.count ? b : a))
}

/** `t` is the seconds until the quota is whole again; in a refusal, until one more request will do. */
const told = (policies: string, { window, left, seconds }: Left): Fields => [
  'RateLimit-Policy',
  policies,
  'RateLimit',
  `${window.policy};r=${left};t=${seconds}`,
]
