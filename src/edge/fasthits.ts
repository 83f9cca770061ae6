// Joins the fast lane with the rooms that a hit passes: site, client and cache have decided beforehand, per host and per
// target, what a hit needs; nothing of it is thought about again while the config stays the same.

import type { FindClient } from '../client/proxies.ts'
import type { Quotas } from '../client/quota.ts'
import type { RateSettings } from '../config/types.ts'
import { Hits } from '../cache/hits.ts'
import type { Prefix } from '../cache/hits.ts'
import { keyTarget } from '../cache/key.ts'
import { parseHost } from '../http/host.ts'
import type { Block } from '../listener/fast/head.ts'
import type { FastHits, Peer, Prepared } from '../listener/fast/hits.ts'
import type { Site, Sites } from '../site/sites.ts'
import { hashBytes } from '../store/hash.ts'
import type { StoreIndex } from '../store/index.ts'
import { keyPrefix } from '../store/keys.ts'
import type { Clock } from '../base/clock.ts'

/** Prefixes remembered, by scheme and host as sent: about 200 bytes each. Hosts are the visitor's to choose, so it is bounded. */
const REMEMBERED = 1024

interface EdgeHitsDeps {
  index: StoreIndex
  clock: Clock
  sites: Sites
  findClient: () => FindClient
  quotas: Quotas
}

export class EdgeHits implements FastHits<Prefix> {
  #generation = 0
  #modesVersion = 0
  readonly #hits: Hits
  readonly #index: StoreIndex
  readonly #sites: Sites
  readonly #findClient: () => FindClient
  readonly #quotas: Quotas
  readonly #clients = new WeakMap<Block, string>()
  readonly #prefixes = new Map<string, Prefix | undefined>()

  constructor({ index, clock, sites, findClient, quotas }: EdgeHitsDeps) {
    this.#hits = new Hits(index, clock)
    this.#index = index
    this.#sites = sites
    this.#findClient = findClient
    this.#quotas = quotas
  }

  /** A look at what all rests on: a site that is in another mode since voids all that was decided before. */
  get generation(): number {
    const version = this.#sites.modesVersion
    if (version !== this.#modesVersion) {
      this.#modesVersion = version
      this.clear()
    }
    return this.#generation
  }

  /** The config or a mode has changed. */
  clear(): void {
    this.#generation++
    this.#hits.clear()
    this.#prefixes.clear()
  }

  prefixFor(block: Block, peer: Peer): Prefix | undefined {
    const scheme = block.forwarded ? this.#findClient()(peer, block.fields).scheme : peer.secure ? 'https' : 'http'
    const name = `${scheme}://${block.host}`
    if (this.#prefixes.has(name)) return this.#prefixes.get(name)
    if (this.#prefixes.size >= REMEMBERED) this.#prefixes.clear()
    const prefix = this.#makePrefix(scheme, block.host)
    this.#prefixes.set(name, prefix)
    return prefix
  }

  find(
    prefix: Prefix,
    block: Block,
    peer: Peer,
    bytes: Buffer,
    from: number,
    to: number,
    hash: number,
  ): Prepared | undefined {
    const hit = this.#hits.find(prefix, block, bytes, from, to, hash)
    if (hit === undefined || hit.rate === null) return hit
    // What is over the rate the slow lane refuses, or answers if it is within the rate by then.
    return this.#isWithin(hit.rate, block, peer, bytes.toString('latin1', from, to)) ? hit : undefined
  }

  #isWithin(rate: RateSettings, block: Block, peer: Peer, target: string): boolean {
    let address = this.#clients.get(block)
    if (address === undefined) {
      address = this.#findClient()(peer, block.fields).address
      this.#clients.set(block, address)
    }
    return this.#quotas.take(rate, { target, fields: block.fields, client: { address } }).ok
  }

  #makePrefix(scheme: string, sent: string): Prefix | undefined {
    const host = parseHost(sent)?.authority
    const site = host === undefined ? undefined : this.#sites.find(host)
    // Where rules look at fields of the request, what one visitor gets is not what the next one gets.
    if (host === undefined || site === undefined || site.rules.reads.fields.size > 0) return undefined
    const bytes = Buffer.from(keyPrefix(site.config.name, scheme, host), 'latin1')
    return {
      bytes,
      hash: hashBytes(this.#index.seed, bytes, 0, bytes.length),
      plan: target => plan(site, host, target),
    }
  }
}

function plan(site: Site, host: string, target: string): ReturnType<Prefix['plan']> {
  const settings = site.rules.settingsFor({ method: 'GET', host, target, fields: [] })
  const edits = settings.responseHeaders
  if (settings.bypass || target.startsWith(OWN_PATHS) || OF_THE_MOMENT.some(name => edits?.remove.has(name)))
    return undefined
  const rate = settings.rate?.counts === 'all' ? settings.rate : null
  return { target: keyTarget(target, settings.ignoresQuery), edits, rate }
}

/** Fields that an answer gets as it is sent: where a rule changes them, the slow lane sends it. */
const OF_THE_MOMENT = ['age', 'cache-status', 'date']

/** Ours on every site, and never in the store. */
const OWN_PATHS = '/.breakwater/'
