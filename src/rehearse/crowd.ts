// The crowd of one worker: sends each view at its planned time whatever became of the others, lets visitors reload and
// give up, and counts. A view is one visitor's wish for one page; it may take several requests and ends good or lost.
import type { Clock } from '../base/clock.ts'
import { type Random, seeded } from '../base/random.ts'
import type { Asked, Outcome } from './asked.ts'
import { type Job, LATE_AFTER_MS, LOST_AFTER_MS } from './job.ts'
import { Schedule } from './schedule.ts'
import { scaled } from './shape.ts'
import { shapeOf } from './shapes/index.ts'
import { Routes } from './routes.ts'
import type { Loss, Tally } from './tally.ts'
import { type Ask, Requests } from './request.ts'
import type { Wish } from './journey/walk.ts'
import { Wishes } from './wishes.ts'
import { type Visitor, Visitors } from './visitors.ts'

/** How often visitors look whether to reload or to give up. */
const LOOK_EVERY_MS = 20

/** Views sent before answers are looked at again: at most 20 µs each, so 5 ms, even when the worker has fallen behind. */
const MOST_AT_ONCE = 256

/** What is looked at of a connection, whatever it speaks. */
type Answered = Pick<Asked, 'requests' | 'response'>

interface View {
  /** All times are of the monotonic clock, in milliseconds. */
  plannedAt: number
  sentAt: number
  reloadAt: number
  visitor: Visitor
  ask: Ask
}

export class Crowd {
  /** How each route answered. */
  readonly routes = new Routes()
  readonly #job: Job
  readonly #requests: Requests
  readonly #tally: Tally
  readonly #clock: Clock
  readonly #random: Random
  readonly #schedule: Schedule
  readonly #wishes: Wishes
  readonly #visitors: Visitors
  readonly #views = new Set<View>()
  /** Visitors between two pages; no more than have arrived. */
  readonly #thinking = new Set<NodeJS.Timeout>()
  readonly #startedAt: number
  readonly #cpuBefore = cpuMs()
  #nextAt: number
  #lookedAt = 0
  #timer: NodeJS.Timeout | undefined
  #onDone: (() => void) | undefined

  /** The run begins now. `onFault` is told in words what journeys did not find, a few times at most. */
  constructor(job: Job, tally: Tally, clock: Clock, onFault: (fault: string) => void = () => {}) {
    this.#job = job
    this.#requests = new Requests({ authority: job.authority, secure: job.tls !== undefined, mark: job.mark })
    this.#tally = tally
    this.#clock = clock
    this.#random = seeded(job.seed)
    this.#visitors = new Visitors(job, tally, clock, this.#random)
    this.#wishes = new Wishes(job, this.#random, onFault)
    const shape = scaled(shapeOf(job.shape), job.share)
    this.#schedule = new Schedule(shape, job.seconds, job.process, seeded(job.seed + 1))
    this.#startedAt = clock.monotonic()
    this.#nextAt = this.#nextPlanned()
  }

  /** Plays the whole schedule and waits until the last view has ended; at most LOST_AFTER_MS longer than the schedule. */
  async run(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#onDone = resolve
      this.#tick()
    })
  }

  /** Ends at once; views under way are neither good nor lost. */
  stop(): void {
    clearTimeout(this.#timer)
    for (const timer of this.#thinking) clearTimeout(timer)
    for (const { visitor } of this.#views) visitor.connection?.leave()
    this.#visitors.forget()
    this.#views.clear()
    this.#tally.set('inFlight', 0)
    this.#onDone?.()
  }

  #tick(): void {
    const now = this.#clock.monotonic()
    for (let sent = 0; this.#nextAt <= now && sent < MOST_AT_ONCE; sent++) {
      this.#arrive(this.#nextAt)
      this.#nextAt = this.#nextPlanned()
    }
    if (now - this.#lookedAt >= LOOK_EVERY_MS) this.#look(now)
    this.#tally.set('inFlight', this.#views.size)
    if (this.#nextAt === Infinity && this.#views.size === 0 && now >= this.#lastAt) return this.stop()
    const wait = Math.min(LOOK_EVERY_MS, this.#nextAt - this.#clock.monotonic())
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, wait))
  }

  /** After it nobody wants another page: at the end of the schedule, or at once when nobody is thinking about one. */
  get #lastAt(): number {
    return this.#thinking.size === 0 ? 0 : this.#startedAt + this.#job.seconds * 1000
  }

  #nextPlanned(): number {
    return this.#startedAt + this.#schedule.next() * 1000
  }

  #arrive(plannedAt: number): void {
    const visitor = this.#visitors.arrive()
    this.#tally.add('visitors')
    const wish = this.#wishes.first(visitor)
    if (wish === undefined) this.#visitors.goAway(visitor)
    else if (wish.waitMs > 0) this.#think(visitor, wish.ask, wish.waitMs)
    else this.#begin(visitor, wish.ask, plannedAt)
  }

  #begin(visitor: Visitor, ask: Ask, plannedAt: number): void {
    const now = this.#clock.monotonic()
    const view: View = { plannedAt, sentAt: now, reloadAt: Infinity, visitor, ask }
    this.#tally.add('planned')
    if (!this.#send(view, now, false)) return this.#tally.add('unsent')
    this.#views.add(view)
    if (now - plannedAt <= LATE_AFTER_MS) this.#tally.add('onTime')
    this.#tally.lateness.record((now - plannedAt) * 1000)
  }

  /** False when the run has no connection left to send it on. */
  #send(view: View, now: number, anew: boolean): boolean {
    const { visitor, ask } = view
    const connection = this.#visitors.connect(visitor, anew)
    if (connection === undefined) return false
    view.sentAt = now
    view.reloadAt = this.#reloadTime(now)
    this.#tally.add('requests')
    const cookie = visitor.jar.size === 0 ? '' : visitor.jar.fieldFor(ask.path, this.#clock.now())
    const bytes = this.#requests.bytes(ask, cookie)
    connection.ask(bytes, visitor.walk?.readsPages ?? false, outcome => this.#ended(view, connection, outcome))
    return true
  }

  #ended(view: View, connection: Answered, outcome: Outcome): void {
    const now = this.#clock.monotonic()
    if (outcome === 'answered') return this.#answered(view, connection, now)
    // A kept connection may be closed by the server just as the request leaves; browsers then ask again on a fresh one.
    if (outcome === 'untouched' && connection.requests > 1 && this.#send(view, now, true)) return
    this.#unanswered(view, now, outcome === 'untouched' ? 'closed' : outcome)
  }

  #answered(view: View, connection: Answered, now: number): void {
    const { visitor, ask } = view
    this.#count(connection, now - view.sentAt)
    this.routes.answered(ask.method, ask.path, now - view.sentAt)
    this.#visitors.keepCookies(visitor, ask.path)
    const { waiting, retryAfter } = connection.response.head
    if (waiting && retryAfter >= 0) return this.#wait(view, now, retryAfter)
    const judged = this.#wishes.judge(visitor, connection.response)
    if (typeof judged === 'string') return this.#unanswered(view, now, judged)
    if (judged !== undefined) {
      view.ask = judged // a redirect, which a browser follows without a word
      if (!this.#send(view, now, false)) this.#lose(view, 'refused')
      return
    }
    this.#good(view, now)
    this.#goOn(visitor, now)
  }

  #good(view: View, now: number): void {
    this.#views.delete(view)
    this.#tally.add('good')
    this.#tally.latency.record((now - view.plannedAt) * 1000)
  }

  /** The page of a waiting room: it is what they get, and they ask again when it says so. */
  #wait(view: View, now: number, seconds: number): void {
    const { visitor, ask } = view
    this.#good(view, now)
    this.#tally.add('waits')
    if (!visitor.queued) this.#tally.add('queued')
    visitor.queued = true
    this.#follow(visitor, { ask, waitMs: seconds * 1000 }, now)
  }

  #count(connection: Answered, serviceMs: number): void {
    const { status, judged, hit, age } = connection.response.head
    this.#tally.add(`status${Math.floor(status / 100) as 1 | 2 | 3 | 4 | 5}`)
    if (status === 429 || status === 503) this.#tally.add('refusals')
    if (judged) this.#tally.add('judged')
    if (hit) this.#tally.add('hits')
    if (age > this.#tally.get('oldest')) this.#tally.set('oldest', age)
    this.#tally.service.record(serviceMs * 1000)
  }

  /** The visitor's next page, after they have looked at this one; none begins after the schedule's end. */
  #goOn(visitor: Visitor, now: number): void {
    this.#follow(visitor, this.#wishes.next(visitor), now)
  }

  #follow(visitor: Visitor, wish: Wish | undefined, now: number): void {
    const over = now + (wish?.waitMs ?? 0) > this.#startedAt + this.#job.seconds * 1000
    if (wish === undefined || over) this.#visitors.goAway(visitor)
    else this.#think(visitor, wish.ask, wish.waitMs)
  }

  #think(visitor: Visitor, ask: Ask, waitMs: number): void {
    const due = this.#clock.monotonic() + waitMs
    const timer = setTimeout(() => {
      this.#thinking.delete(timer)
      this.#begin(visitor, ask, due)
    }, waitMs)
    this.#thinking.add(timer)
  }

  /** No good answer: an impatient visitor looks at it until the time to reload, any other has lost the view. */
  #unanswered(view: View, now: number, loss: Loss): void {
    view.reloadAt = this.#reloadTime(now)
    if (view.reloadAt >= view.plannedAt + LOST_AFTER_MS) this.#lose(view, loss)
  }

  /** Patience differs: a quarter more or less than the stated time. */
  #reloadTime(now: number): number {
    const { reloadAfter } = this.#job
    return reloadAfter === undefined ? Infinity : now + reloadAfter * 1000 * (0.75 + 0.5 * this.#random.next())
  }

  /** Views are kept in the order of their planned times, but each has its own time to reload. */
  #look(now: number): void {
    this.#lookedAt = now
    for (const view of this.#views) {
      if (now >= view.plannedAt + LOST_AFTER_MS) this.#lose(view, 'timeout')
      else if (now >= view.reloadAt) this.#reload(view, now)
    }
    this.#tally.set('cpuMs', cpuMs() - this.#cpuBefore)
  }

  #reload(view: View, now: number): void {
    this.#tally.add('reloads')
    if (!this.#send(view, now, true)) view.reloadAt = this.#reloadTime(now)
  }

  /** Whoever did not get a page does not go on to the next. */
  #lose(view: View, loss: Loss): void {
    this.#views.delete(view)
    this.#visitors.goAway(view.visitor)
    this.#tally.add(loss)
    this.routes.lost(view.ask.method, view.ask.path)
    this.#tally.latency.record(LOST_AFTER_MS * 1000)
  }
}

/** CPU of this thread since it started. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
