// The crowd of one worker: sends each view at its planned time whatever became of the others, lets visitors reload and
// give up, and counts. A view is one visitor's wish for one page; it may take several requests and ends good or lost.
import type { Clock } from '../base/clock.ts'
import { below, type Random, seeded } from '../base/random.ts'
import { Connection, type Outcome } from './connection.ts'
import { type Job, LATE_AFTER_MS, LOST_AFTER_MS } from './job.ts'
import { Schedule } from './schedule.ts'
import { scaled } from './shape.ts'
import { shapeOf } from './shapes/index.ts'
import type { Loss, Tally } from './tally.ts'
import { pathPicker, requestHead } from './request.ts'

/** How often visitors look whether to reload or to give up. */
const LOOK_EVERY_MS = 20

/** Views sent before answers are looked at again: at most 20 µs each, so 5 ms, even when the worker has fallen behind. */
const MOST_AT_ONCE = 256

interface View {
  /** All times are of the monotonic clock, in milliseconds. */
  plannedAt: number
  sentAt: number
  reloadAt: number
  path: string
  /** Undefined while the visitor looks at a refusal and has not reloaded yet. */
  connection: Connection | undefined
}

export class Crowd {
  readonly #job: Job
  readonly #tally: Tally
  readonly #clock: Clock
  readonly #random: Random
  readonly #schedule: Schedule
  readonly #pickPath: (random: Random) => string
  readonly #views = new Set<View>()
  /** Kept connections, the last used last: the ones used least grow old and are closed by the server. */
  readonly #idle: Connection[] = []
  readonly #startedAt: number
  readonly #cpuBefore = cpuMs()
  #nextAt: number
  #lookedAt = 0
  #timer: NodeJS.Timeout | undefined
  #onDone: (() => void) | undefined

  /** The run begins now. */
  constructor(job: Job, tally: Tally, clock: Clock) {
    this.#job = job
    this.#tally = tally
    this.#clock = clock
    this.#random = seeded(job.seed)
    const shape = scaled(shapeOf(job.shape), job.share)
    this.#schedule = new Schedule(shape, job.seconds, job.process, seeded(job.seed + 1))
    this.#pickPath = pathPicker(job.paths)
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
    for (const view of this.#views) view.connection?.leave()
    while (this.#idle.length > 0) this.#idle.pop()!.leave()
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
    if (this.#nextAt === Infinity && this.#views.size === 0) return this.stop()
    const wait = Math.min(LOOK_EVERY_MS, this.#nextAt - this.#clock.monotonic())
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, wait))
  }

  #nextPlanned(): number {
    return this.#startedAt + this.#schedule.next() * 1000
  }

  #arrive(plannedAt: number): void {
    const now = this.#clock.monotonic()
    const view = {
      plannedAt,
      sentAt: now,
      reloadAt: Infinity,
      path: this.#pickPath(this.#random),
      connection: undefined,
    }
    this.#tally.add('planned')
    if (!this.#send(view, now, this.#random.next() < this.#job.newVisitors)) return this.#tally.add('unsent')
    this.#views.add(view)
    if (now - plannedAt <= LATE_AFTER_MS) this.#tally.add('onTime')
    this.#tally.lateness.record((now - plannedAt) * 1000)
  }

  /** False when the run has no connection left to send it on. */
  #send(view: View, now: number, fresh: boolean): boolean {
    const connection = this.#connection(fresh)
    if (connection === undefined) return false
    view.connection = connection
    view.sentAt = now
    view.reloadAt = this.#reloadTime(now)
    this.#tally.add('requests')
    connection.ask(requestHead(this.#job.authority, view.path, connection.cookie), outcome =>
      this.#ended(view, connection, outcome),
    )
    return true
  }

  #connection(fresh: boolean): Connection | undefined {
    const full = this.#tally.get('connections') >= this.#job.maxConnections
    if (!fresh) return this.#idle.pop() ?? (full ? undefined : this.#open())
    if (full) this.#idle.shift()?.leave() // one visitor has gone, so a new one has room
    return full && this.#tally.get('connections') >= this.#job.maxConnections ? undefined : this.#open()
  }

  #open(): Connection {
    this.#tally.add('opened')
    this.#tally.add('connections')
    const name = this.#job.visitorCookie
    const cookie = name === undefined ? '' : `${name}=${below(this.#random, 2 ** 48).toString(16)}`
    return new Connection(
      this.#job,
      cookie,
      bytes => this.#tally.add('bytes', bytes),
      closed => this.#closed(closed),
    )
  }

  #closed(connection: Connection): void {
    this.#tally.add('connections', -1)
    const index = this.#idle.indexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
  }

  #ended(view: View, connection: Connection, outcome: Outcome): void {
    const now = this.#clock.monotonic()
    if (outcome === 'answered') return this.#answered(view, connection, now)
    // A kept connection may be closed by the server just as the request leaves; browsers then ask again on a fresh one.
    if (outcome === 'untouched' && connection.requests > 1 && this.#send(view, now, true)) return
    this.#unanswered(view, now, outcome === 'untouched' ? 'closed' : outcome)
  }

  #answered(view: View, connection: Connection, now: number): void {
    const { status, judged, hit, age, reusable } = connection.response.head
    this.#tally.add(`status${Math.floor(status / 100) as 1 | 2 | 3 | 4 | 5}`)
    if (judged) this.#tally.add('judged')
    if (hit) this.#tally.add('hits')
    if (age > this.#tally.get('oldest')) this.#tally.set('oldest', age)
    this.#tally.service.record((now - view.sentAt) * 1000)
    if (reusable) this.#idle.push(connection)
    if (status >= 400) return this.#unanswered(view, now, 'status')
    this.#views.delete(view)
    this.#tally.add('good')
    this.#tally.latency.record((now - view.plannedAt) * 1000)
  }

  /** No good answer: an impatient visitor looks at it until the time to reload, any other has lost the view. */
  #unanswered(view: View, now: number, loss: Loss): void {
    view.connection = undefined
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
    view.connection?.leave()
    this.#tally.add('reloads')
    if (!this.#send(view, now, true)) view.reloadAt = this.#reloadTime(now)
  }

  #lose(view: View, loss: Loss): void {
    this.#views.delete(view)
    view.connection?.leave()
    this.#tally.add(loss)
    this.#tally.latency.record(LOST_AFTER_MS * 1000)
  }
}

/** CPU of this thread since it started. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
