// The crowd of one worker: sends each view at its planned time whatever became of the others, lets visitors reload and
// give up, and counts.
import type { Clock } from '../base/clock.ts'
import { type Random, seeded } from '../base/random.ts'
import type { Outcome } from './asked.ts'
import { type Job, LATE_AFTER_MS, LOST_AFTER_MS } from './job.ts'
import { Schedule } from './schedule.ts'
import { scaled } from './shape.ts'
import { shapeOf } from './shapes/index.ts'
import { Routes } from './routes.ts'
import type { Loss, Tally } from './tally.ts'
import type { ResponseHead } from './head.ts'
import { type Ask, Requests } from './request.ts'
import type { ResponseReader } from './response.ts'
import type { Wish } from './journey/walk.ts'
import { Wishes } from './wishes.ts'
import { type Visitor, Visitors } from './visitors.ts'
import { Waiting } from './waiting.ts'

/** How often visitors look whether to reload or to give up. */
const LOOK_EVERY_MS = 20

/**
 * Views sent before answers are looked at again: at most 20 µs each, so a millisecond. A worker that has fallen behind goes on at once, and
 * who was answered meanwhile comes back: were all sent that are due, each would come as a stranger, and strangers cost a new connection.
 */
const MOST_AT_ONCE = 64

const STATUS_CLASSES = ['status1', 'status2', 'status3', 'status4', 'status5'] as const

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
  readonly #waiting = new Waiting()
  /** Visitors between two pages; no more than have arrived. */
  readonly #thinking = new Set<NodeJS.Timeout>()
  readonly #startedAt: number
  readonly #cpuBefore = cpuMs()
  #nextAt: number
  #lookedAt = 0
  #next: Disposable | undefined
  #onDone: (() => void) | undefined

  /** The run begins now. `onFault` is told in words what journeys did not find, a few times at most. */
  constructor(job: Job, tally: Tally, clock: Clock, onFault: (fault: string) => void = () => {}) {
    this.#job = job
    this.#requests = new Requests({ authority: job.authority, secure: job.tls !== undefined, mark: job.mark })
    this.#tally = tally
    this.#clock = clock
    this.#random = seeded(job.seed)
    this.#visitors = new Visitors(job, tally, clock, this.#random, (visitor, outcome) => this.#ended(visitor, outcome))
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
    this.#next?.[Symbol.dispose]()
    for (const timer of this.#thinking) clearTimeout(timer)
    this.#waiting.each(visitor => visitor.connection?.leave())
    this.#visitors.forget()
    this.#waiting.clear()
    this.#tally.set('inFlight', 0)
    this.#onDone?.()
  }

  readonly #tick = (): void => {
    const now = this.#clock.monotonic()
    for (let sent = 0; this.#nextAt <= now && sent < MOST_AT_ONCE; sent++) {
      this.#arrive(this.#nextAt)
      this.#nextAt = this.#nextPlanned()
    }
    if (now - this.#lookedAt >= LOOK_EVERY_MS) this.#look(now)
    this.#tally.set('inFlight', this.#waiting.size)
    if (this.#nextAt === Infinity && this.#waiting.size === 0 && now >= this.#lastAt) return this.stop()
    const wait = Math.min(LOOK_EVERY_MS, this.#nextAt - this.#clock.monotonic())
    this.#next = this.#nextAt <= now ? setImmediate(this.#tick) : setTimeout(this.#tick, Math.max(0, wait))
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
    const { view } = visitor
    view.ask = ask
    view.plannedAt = plannedAt
    this.#tally.add('planned')
    if (!this.#send(visitor, now, false)) return this.#tally.add('unsent')
    this.#waiting.add(visitor)
    if (now - plannedAt <= LATE_AFTER_MS) this.#tally.add('onTime')
    this.#tally.lateness.record((now - plannedAt) * 1000)
  }

  /** False when the run has no connection left to send it on. */
  #send(visitor: Visitor, now: number, anew: boolean): boolean {
    const { view } = visitor
    const connection = this.#visitors.connect(visitor, anew)
    if (connection === undefined) return false
    view.sentAt = now
    view.reloadAt = this.#reloadTime(now)
    this.#tally.add('requests')
    const cookie = visitor.jar.size === 0 ? '' : visitor.jar.fieldFor(view.ask.path, this.#clock.now())
    connection.ask(this.#requests.bytes(view.ask, cookie), visitor.walk?.readsPages ?? false)
    return true
  }

  #ended(visitor: Visitor, outcome: Outcome): void {
    const now = this.#clock.monotonic()
    const connection = visitor.connection!
    if (outcome === 'answered') return this.#answered(visitor, connection.response, now)
    // A kept connection may be closed by the server just as the request leaves; browsers then ask again on a fresh one.
    if (outcome === 'untouched' && connection.requests > 1 && this.#send(visitor, now, true)) return
    this.#unanswered(visitor, now, outcome === 'untouched' ? 'closed' : outcome)
  }

  #answered(visitor: Visitor, response: ResponseReader, now: number): void {
    const { view } = visitor
    const { ask, sentAt } = view
    this.#count(response.head, now - sentAt)
    this.routes.answered(ask.method, ask.path, now - sentAt)
    this.#visitors.keepCookies(visitor, ask.path)
    const { waiting, retryAfter } = response.head
    if (waiting && retryAfter >= 0) return this.#wait(visitor, now, retryAfter)
    const judged = this.#wishes.judge(visitor, response)
    if (typeof judged === 'string') return this.#unanswered(visitor, now, judged)
    if (judged !== undefined) {
      view.ask = judged // a redirect, which a browser follows without a word
      if (!this.#send(visitor, now, false)) this.#lose(visitor, 'refused')
      return
    }
    this.#good(visitor, now)
    this.#goOn(visitor, now)
  }

  #good(visitor: Visitor, now: number): void {
    this.#waiting.remove(visitor)
    this.#tally.add('good')
    this.#tally.latency.record((now - visitor.view.plannedAt) * 1000)
  }

  /** The page of a waiting room: it is what they get, and they ask again when it says so. */
  #wait(visitor: Visitor, now: number, seconds: number): void {
    this.#good(visitor, now)
    this.#tally.add('waits')
    if (!visitor.queued) this.#tally.add('queued')
    visitor.queued = true
    this.#follow(visitor, { ask: visitor.view.ask, waitMs: seconds * 1000 }, now)
  }

  #count({ status, judged, hit, age }: ResponseHead, serviceMs: number): void {
    this.#tally.add(STATUS_CLASSES[Math.floor(status / 100) - 1]!)
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
  #unanswered(visitor: Visitor, now: number, loss: Loss): void {
    const { view } = visitor
    view.reloadAt = this.#reloadTime(now)
    if (view.reloadAt >= view.plannedAt + LOST_AFTER_MS) this.#lose(visitor, loss)
  }

  /** Patience differs: a quarter more or less than the stated time. */
  #reloadTime(now: number): number {
    const { reloadAfter } = this.#job
    return reloadAfter === undefined ? Infinity : now + reloadAfter * 1000 * (0.75 + 0.5 * this.#random.next())
  }

  #look(now: number): void {
    this.#lookedAt = now
    this.#waiting.each(visitor => {
      if (now >= visitor.view.plannedAt + LOST_AFTER_MS) this.#lose(visitor, 'timeout')
      else if (now >= visitor.view.reloadAt) this.#reload(visitor, now)
    })
    this.#tally.set('cpuMs', cpuMs() - this.#cpuBefore)
  }

  #reload(visitor: Visitor, now: number): void {
    this.#tally.add('reloads')
    if (!this.#send(visitor, now, true)) visitor.view.reloadAt = this.#reloadTime(now)
  }

  /** Whoever did not get a page does not go on to the next. */
  #lose(visitor: Visitor, loss: Loss): void {
    const { ask } = visitor.view
    this.#waiting.remove(visitor)
    this.#visitors.goAway(visitor)
    this.#tally.add(loss)
    this.routes.lost(ask.method, ask.path)
    this.#tally.latency.record(LOST_AFTER_MS * 1000)
  }
}

/** CPU of this thread since it started. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
