// The questions an edge has open with core, and what becomes of them when core is slow, dead or new. Core answers in its
// own time while it shows life; when it shows none, a visitor with a stale response at hand waits a second for it, one
// whose request nobody shares is served past the queue as far as the limit allows, and the others get an honest 503.

import type { Clock } from '../base/clock.ts'
import { GlobalWord } from '../board/board.ts'
import type { Board } from '../board/board.ts'
import type { Limiter } from '../board/limiter.ts'
import type { Coming, Permit } from '../exchange.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Ask, AskId, CoreToEdge, EdgeToCore } from '../threads/messages.ts'

/** Where messages to core go: a port, or what gathers messages before one. */
export interface CoreChannel {
  send(message: EdgeToCore): void
}

/** What became of a question. */
export type Verdict =
  | { type: 'fetch'; permit: Permit }
  | { type: 'look' }
  | { type: 'follow'; coming: Coming }
  | { type: 'stale'; reason: StaleReason }
  | { type: 'refuse'; reason: ReasonCode; retryAfter: number }
  /** Nobody waits for the answer any more. */
  | { type: 'gone' }

export type StaleReason = 'revalidating' | 'ailing' | 'shed' | 'core-away'

/** Open questions are looked over this often, milliseconds, by one timer for all that runs only while there are some. */
const LOOK_OVER = 100
/** Core writes its tick each 250 ms, in whole seconds: older than this, milliseconds, it stalls or is gone. */
const SIGN_OF_LIFE = 1500
/** How long a stale response at hand waits for a core that shows no life, milliseconds. */
const STALE_WAITS = 1000
/** The longest any question stays open, even with a live core: 10 minutes, longer than any time-out it waits for. */
const LONGEST = 600_000
/** Seconds after which to try again when core is away: the supervisor starts a new one within one. */
const RETRY_AFTER = 2

/** What is asked, without its number. */
export type Question = Omit<Ask, 'type' | 'id'>

const GONE: Verdict = { type: 'gone' }
const never = (): boolean => false

interface Open {
  readonly ask: Ask
  readonly since: number
  /** How long it may wait for a core that shows no life, milliseconds. */
  readonly wait: number
  readonly done: (verdict: Verdict) => void
  readonly isGone: () => boolean
}

export interface CoreLinkDeps {
  board: Board
  places: Limiter
  clock: Clock
  /** Holds what comes at this place (Comings.arrive). */
  arrive(ref: number): Coming | undefined
}

export class CoreLink {
  readonly #deps: CoreLinkDeps
  readonly #global: Int32Array<SharedArrayBuffer>
  readonly #open = new Map<AskId, Open>()
  #channel: CoreChannel | null = null
  #heardAt = -Infinity
  #last = 0
  #timer: NodeJS.Timeout | null = null

  constructor(deps: CoreLinkDeps) {
    this.#deps = deps
    this.#global = deps.board.global
  }

  /** The first core, or a new one: what is still open is asked again. */
  connect(channel: CoreChannel): void {
    this.#channel = channel
    this.#deps.places.resync()
    for (const { ask } of this.#open.values()) channel.send(ask)
  }

  /** Whether other nodes may be asked for what is not here. */
  get isAmongNodes(): boolean {
    return this.#global[GlobalWord.nodes]! > 1
  }

  /** A number for a question of any kind, unique within this edge's life. */
  nextId(): AskId {
    return ++this.#last
  }

  /**
   * Asks; `done` is called once. `wait` is the site's queue.wait in milliseconds. `isGone` is asked now and then whether the
   * visitor has left.
   */
  ask(question: Question, wait: number, done: (verdict: Verdict) => void, isGone: () => boolean = never): AskId {
    const ask: Ask = { type: 'ask', id: this.nextId(), ...question }
    this.#open.set(ask.id, { ask, since: this.#deps.clock.monotonic(), wait, done, isGone })
    this.#channel?.send(ask)
    this.#timer ??= setInterval(() => this.#lookOver(), LOOK_OVER)
    return ask.id
  }

  /** A place has become free while somebody waits for it. */
  freed(origin: number): void {
    this.#channel?.send({ type: 'freed', origin })
  }

  /** Takes a message from core. False when it is not for the link. */
  receive(message: CoreToEdge): boolean {
    this.#heardAt = this.#deps.clock.monotonic()
    if (message.type === 'fetch') this.#granted(message.id, message.origin, message.routeClass ?? 0)
    else if (message.type === 'look') this.#settle(message.id, { type: 'look' })
    else if (message.type === 'follow') this.#follow(message.id, message.ref)
    else if (message.type === 'stale') this.#settle(message.id, { type: 'stale', reason: message.reason })
    else if (message.type === 'refuse') {
      this.#settle(message.id, { type: 'refuse', reason: message.reason, retryAfter: message.retryAfter })
    } else return false
    return true
  }

  /** Ends every open question, so that nothing keeps the thread alive. */
  close(): void {
    for (const id of [...this.#open.keys()]) {
      this.#settle(id, { type: 'refuse', reason: 'draining', retryAfter: RETRY_AFTER })
    }
    this.#stopTimer()
  }

  get open(): number {
    return this.#open.size
  }

  /** The place is counted already: when the visitor went meanwhile it is given back, and the fetch ended for who shares it. */
  #granted(id: AskId, origin: number, routeClass: number): void {
    const permit = this.#deps.places.granted(origin, id, routeClass)
    if (this.#settle(id, { type: 'fetch', permit })) return
    permit.free()
    this.#channel?.send({ type: 'end', id })
  }

  /** Where no more can be held, it looks for itself: what it finds, or asks for once more, it has whole. */
  #follow(id: AskId, ref: number): void {
    const coming = this.#deps.arrive(ref)
    const verdict: Verdict = coming === undefined ? { type: 'look' } : { type: 'follow', coming }
    if (!this.#settle(id, verdict)) coming?.drop()
  }

  #settle(id: AskId, verdict: Verdict): boolean {
    const open = this.#open.get(id)
    if (open === undefined) return false
    this.#open.delete(id)
    open.done(verdict)
    return true
  }

  #lookOver(): void {
    if (this.#open.size === 0) return this.#stopTimer()
    const now = this.#deps.clock.monotonic()
    const isAlive = this.#isAlive(now)
    for (const [id, open] of this.#open) {
      const verdict = open.isGone() ? GONE : withoutCore(open, now - open.since, isAlive, this.#deps.places)
      if (verdict === undefined) continue
      this.#channel?.send({ type: 'gone', id })
      this.#settle(id, verdict)
    }
  }

  #isAlive(now: number): boolean {
    if (now - this.#heardAt < SIGN_OF_LIFE) return true
    const tick = Atomics.load(this.#global, GlobalWord.coreTick) >>> 0
    return this.#deps.clock.now() / 1000 - tick < SIGN_OF_LIFE / 1000
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }
}

/** What to do with a question that core has not answered for `waited` milliseconds; undefined to go on waiting. */
function withoutCore(open: Open, waited: number, isAlive: boolean, places: Limiter): Verdict | undefined {
  const away: Verdict = { type: 'refuse', reason: 'core-away', retryAfter: RETRY_AFTER }
  if (isAlive) return waited >= LONGEST ? away : undefined
  if (open.ask.stale !== 0 && waited >= STALE_WAITS) return { type: 'stale', reason: 'core-away' }
  if (open.ask.intent === 'pass') {
    const permit = places.take(open.ask.site, { pastQueue: true, routeClass: open.ask.routeClass ?? 0 })
    if (permit !== undefined) return { type: 'fetch', permit }
  }
  return waited >= open.wait ? away : undefined
}
