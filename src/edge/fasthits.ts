// Joins the fast lane with the rooms that a hit passes: site, client and cache have decided beforehand, per host and per
// target, what a hit needs; nothing of it is thought about again while the config stays the same.

import type { Random } from '../base/random.ts'
import type { Lists } from '../client/lists.ts'
import { POLL_PATH } from '../admission/waiting/poll.ts'
import type { PollBytes, Polls } from '../admission/waiting/poll.ts'
import type { Renewals } from '../admission/waiting/renewals.ts'
import type { FindClient } from '../client/proxies.ts'
import type { IsInside } from '../client/networks.ts'
import type { Quotas } from '../client/quota.ts'
import type { RateSettings } from '../config/types.ts'
import { Hits } from '../cache/hits.ts'
import type { Plan, Prefix as CachePrefix } from '../cache/hits.ts'
import { settledBy } from '../cache/answer.ts'
import { keyEnd, keyFields } from '../cache/key.ts'
import type { Settings } from '../config/types.ts'
import type { Coding } from '../http/codings.ts'
import { carriesCookie, cookiesOf } from '../http/cookies.ts'
import type { Fields } from '../http/fields.ts'
import { mayBeAnonymous } from '../cache/policy/anonymous.ts'
import { carriesOwnCookie } from '../cache/policy/credentials.ts'
import { withStrictTransport } from '../http/hsts.ts'
import { parseHost } from '../http/host.ts'
import type { Block } from '../listener/fast/head.ts'
import type { FastHits, KeyPrefix, Peer, Prepared } from '../listener/fast/hits.ts'
import { NOT_COUNTED } from './audience.ts'
import type { Audience } from './audience.ts'
import type { Routes } from './routes.ts'
import { mayBeFunnelled } from '../site/instead.ts'
import type { Site, Sites } from '../site/sites.ts'
import { hashBytes } from '../store/hash.ts'
import type { StoreIndex } from '../store/index.ts'
import { anonymousScheme, keyPrefix, snapshotScheme } from '../store/keys.ts'
import type { Clock } from '../base/clock.ts'

/** Prefixes remembered, by scheme and host as sent: about 200 bytes each. Hosts are the visitor's to choose, so it is bounded. */
const REMEMBERED = 1024
/** Kinds of request header remembered in all, where rules ask for fields: with a header of 32 KiB each, 32 MB at worst. */
const KINDS = 1024

/** What cache and fast lane want to know of a host. */
type Prefix = CachePrefix &
  Pick<KeyPrefix, 'score' | 'site'> & {
    /** The site's name where it has a waiting room that may be polled. */
    readonly waiting: string | undefined
  }

/** Chooses by the request's fields. */
type ByFields = (fields: Fields) => Prefix

interface EdgeHitsDeps {
  index: StoreIndex
  clock: Clock
  sites: Sites
  findClient: () => FindClient
  quotas: Quotas
  codings: () => readonly Coding[]
  random: Random
  lists: Lists
  audience: Pick<Audience, 'scoreOf' | 'isRehearsal' | 'knowsRehearsals'>
  polls: Polls
  renewals: Renewals
  routes: Pick<Routes, 'hitsOf'>
  /** Viewers who are told what took how long are the slow lane's; null: there are none. */
  timed: () => IsInside | null
  status: { claims(host: string, target: string): boolean }
  /** Where plain requests are sent to, if anywhere: none of them is answered here then. */
  httpsPort: () => number | null
}

const SLASH = 0x2f
const DOT = 0x2e

export class EdgeHits implements FastHits<Prefix> {
  #generation = 0
  #modesVersion = 0
  readonly #hits: Hits
  readonly #index: StoreIndex
  readonly #sites: Sites
  readonly #findClient: () => FindClient
  readonly #quotas: Quotas
  readonly #lists: Lists
  readonly #audience: EdgeHitsDeps['audience']
  readonly #polls: Polls
  readonly #renewals: Renewals
  #pollAnswer: PollAnswer | undefined
  readonly #routes: EdgeHitsDeps['routes']
  readonly #timed: EdgeHitsDeps['timed']
  readonly #status: EdgeHitsDeps['status']
  readonly #httpsPort: () => number | null
  readonly #clients = new WeakMap<Block, string>()
  readonly #prefixes = new Map<string, Prefix | ByFields | undefined>()
  /** Kinds told apart so far; 0 is for hosts whose rules look at no fields. */
  #kinds = 0
  /** Kinds told apart since they were last forgotten. */
  #remembered = 0

  constructor(deps: EdgeHitsDeps) {
    const { index, clock, random, codings, sites, findClient, quotas, lists, audience, polls, httpsPort } = deps
    this.#hits = new Hits(index, clock, random, codings)
    this.#index = index
    this.#sites = sites
    this.#findClient = findClient
    this.#quotas = quotas
    this.#lists = lists
    this.#audience = audience
    this.#polls = polls
    this.#renewals = deps.renewals
    this.#routes = deps.routes
    this.#timed = deps.timed
    this.#status = deps.status
    this.#httpsPort = httpsPort
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
    // Whoever is kept out hears so from the slow lane.
    if (this.#lists.areThere && this.#lists.standing(this.#addressOf(block, peer)) === 'denied') return undefined
    if (this.#timed()?.(this.#addressOf(block, peer)) === true) return undefined
    const scheme = block.forwarded ? this.#findClient()(peer, block.fields).scheme : peer.secure ? 'https' : 'http'
    if (scheme === 'http' && this.#httpsPort() !== null) return undefined
    const name = `${scheme}://${block.host}`
    const known = this.#prefixes.has(name) ? this.#prefixes.get(name) : this.#remember(name, scheme, block.host)
    const prefix = typeof known === 'function' ? known(block.fields) : known
    if (prefix === undefined || !this.#audience.knowsRehearsals) return prefix
    // Of a rehearsal's crowd nobody is taken for a visitor: its answers count in no Apdex.
    return this.#audience.isRehearsal(block.fields) ? { ...prefix, score: NOT_COUNTED } : prefix
  }

  find(
    prefix: Prefix,
    block: Block,
    peer: Peer,
    bytes: Buffer,
    from: number,
    to: number,
    hash: number,
    most = Infinity,
  ): Prepared | undefined {
    if (prefix.waiting !== undefined && bytes[from + 1] === DOT && bytes[from] === SLASH)
      return this.#poll(prefix.waiting, block, bytes.toString('latin1', from, to))
    const hit = this.#hits.find(prefix, block, bytes, from, to, hash)
    if (hit !== undefined && prefix.waiting !== undefined) this.#renewals.seen(prefix.waiting, block)
    if (hit === undefined || hit.bodyLength > most) return undefined
    if (hit.rate === null) return hit
    // What is over the rate the slow lane refuses, or answers if it is within the rate by then.
    return this.#isWithin(hit.rate, block, peer, bytes.toString('latin1', from, to)) ? hit : undefined
  }

  #isWithin(rate: RateSettings, block: Block, peer: Peer, target: string): boolean {
    const address = this.#addressOf(block, peer)
    if (this.#lists.areThere && this.#lists.standing(address) === 'allowed') return true
    if (this.#quotas.isShared(rate)) return false
    return this.#quotas.take(rate, { target, fields: block.fields, client: { address } }).ok
  }

  #addressOf(block: Block, peer: Peer): string {
    let address = this.#clients.get(block)
    if (address === undefined) this.#clients.set(block, (address = this.#findClient()(peer, block.fields).address))
    return address
  }

  #remember(name: string, scheme: string, sent: string): Prefix | ByFields | undefined {
    if (this.#prefixes.size >= REMEMBERED) this.#prefixes.clear()
    const prefix = this.#makePrefix(scheme, sent)
    this.#prefixes.set(name, prefix)
    return prefix
  }

  #poll(site: string, block: Block, target: string): Prepared | undefined {
    if (!target.startsWith(POLL_PATH)) return undefined
    const bytes = this.#polls.answer(site, target, block)
    if (bytes === undefined) return undefined
    if (this.#pollAnswer?.bytes !== bytes) this.#pollAnswer = new PollAnswer(bytes, this.#polls)
    return this.#pollAnswer
  }

  #forgetKinds(): void {
    this.#prefixes.clear()
    this.#remembered = 0
  }

  /** Where rules look at the request's fields, there is a prefix for each kind of fields that they tell apart. */
  #makePrefix(scheme: string, sent: string): Prefix | ByFields | undefined {
    const host = parseHost(sent)?.authority
    const site = host === undefined ? undefined : this.#sites.find(host)
    if (host === undefined || site === undefined) return undefined
    const bytes = Buffer.from(keyPrefix(site.config.name, scheme, host), 'latin1')
    const hash = hashBytes(this.#index.seed, bytes, 0, bytes.length)
    const score = this.#audience.scoreOf(site.config)
    const waiting = site.config.waitingRoom.length > 0 ? site.config.name : undefined
    const under = {
      ordinary: bytes,
      anonymous: Buffer.from(keyPrefix(site.config.name, anonymousScheme(scheme), host), 'latin1'),
      snapshot: Buffer.from(keyPrefix(site.config.name, snapshotScheme(site.snapshot, scheme), host), 'latin1'),
    }
    const kindOf = kindsOf(site)
    const { name } = site.config
    const strict = scheme === 'https' ? site.config.hsts.value : undefined
    const planFor = (target: string, fields: Fields): Plan | undefined => {
      if (this.#status.claims(host, target)) return undefined
      const found = plan(site, host, target, fields, under, strict)
      return found && { ...found, route: this.#routes.hitsOf(name, target, found.rules) }
    }
    const own = { bytes, score, waiting, site: name }
    if (kindOf === null) return { ...own, hash, kind: 0, plan: target => planFor(target, []) }
    const kinds = new Map<string, Prefix>()
    return fields => {
      const kind = kindOf(fields)
      const known = kinds.get(kind)
      if (known !== undefined) return known
      if (++this.#remembered > KINDS) this.#forgetKinds()
      const apart = Buffer.from(kind)
      const made: Prefix = {
        ...own,
        // Begins elsewhere, so that two kinds do not fight for one place in the table.
        hash: hashBytes(hash, apart, 0, apart.length),
        kind: ++this.#kinds,
        plan: target => planFor(target, fields),
      }
      kinds.set(kind, made)
      return made
    }
  }
}

/**
 * What the rules make of a request's fields, and in a spike the names of its cookies too: by those it is found out whom
 * nobody knows, so that nothing that is made ready for strangers is found by one who may be known.
 */
function kindsOf(site: Site): ((fields: Fields) => string) | null {
  const { mode, rules } = site
  if (mode === 'normal') return rules.kindOf
  return fields => {
    const names = new Set(cookiesOf(fields).map(([name]) => name))
    return `${rules.kindOf?.(fields) ?? ''} ${[...names].sort().join(';')}`
  }
}

/** `fields`: those of any request of the kind; `strict`: what browsers are told of HTTPS. */
function plan(
  site: Site,
  host: string,
  target: string,
  fields: Fields,
  under: { ordinary: Uint8Array; anonymous: Uint8Array; snapshot: Uint8Array },
  strict: string | undefined,
): (Plan & { rules: readonly string[] }) | undefined {
  const settings = site.rules.settingsFor({ method: 'GET', host, target, fields })
  if (settings.bypass || settings.waitingRoom?.gate === 'all' || target.startsWith(OWN_PATHS)) return undefined
  // Only the request's own fields tell whether it is for a page.
  if (mayBeFunnelled(settings, target)) return undefined
  const { anonymous, snapshot } = settings
  const isAnonymous =
    anonymous !== undefined &&
    (anonymous.seenBy === 'everyone' || !carriesOwnCookie(fields, settings)) &&
    mayBeAnonymous(target)
  return {
    under: snapshot !== null ? under.snapshot : isAnonymous ? under.anonymous : under.ordinary,
    target: keyEnd(target, settings),
    fieldsOf: fields => keyFields(fields, settings),
    // A snapshot was taken for nobody, and is what everyone gets.
    isSession: snapshot === null && settings.isSession !== null && carriesCookie(fields, settings.isSession),
    rate: settings.rate?.counts === 'all' ? settings.rate : null,
    rules: settings.matched,
    settingsFor: (status, stored) => {
      const sending = settledBy(settings, status, stored)
      if (isOfTheMoment(sending)) return undefined
      if (strict === undefined) return sending
      return { ...sending, responseHeaders: withStrictTransport(sending.responseHeaders, strict) }
    },
  }
}

/** Fields that an answer gets as it is sent: where a rule changes them, the slow lane sends it. */
const OF_THE_MOMENT = ['age', 'cache-status', 'date', 'cache-control', 'cdn-cache-control', 'expires', 'pragma']

function isOfTheMoment({ responseHeaders, browserLifetime, cdnLifetime }: Settings): boolean {
  const told = browserLifetime !== undefined || cdnLifetime !== undefined
  const names = told ? OF_THE_MOMENT : OF_THE_MOMENT.slice(0, 3)
  return responseHeaders !== null && names.some(name => responseHeaders.remove.has(name))
}

/** Ours on every site, and never in the store. */
const OWN_PATHS = '/.breakwater/'

/** Polls belong to no route of the site. */
const NO_ROUTE = { hits: 0, bytes: 0 }

/** The answers to polls, as the fast lane sends them: one after the other in the same bytes. */
class PollAnswer implements Prepared {
  readonly bytes: PollBytes
  readonly whole: Buffer
  readonly headOnly: Buffer
  readonly body = undefined
  readonly ref = 0
  readonly stale = false
  readonly poll = true
  readonly route = NO_ROUTE
  encoded: Prepared['encoded'] = undefined
  readonly #polls: Polls

  constructor(bytes: PollBytes, polls: Polls) {
    this.bytes = bytes
    this.whole = bytes.whole
    this.headOnly = bytes.headOnly
    this.#polls = polls
  }

  notModified(): undefined {
    return undefined
  }

  hold(): () => void {
    this.#polls.keep(this.bytes)
    return () => {}
  }
}
