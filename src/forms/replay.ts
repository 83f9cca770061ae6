// Sends what is in the journal to the sites, each at the pace that its origin bears: asks an edge for places that visitors do
// not need, writes down that the forms are in flight, and only then hands them over. What came of each is written down in
// groups. Nothing here touches a socket.

import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { FormsToEdge, SendResult } from '../threads/forms.ts'
import { eventOf, foundBy } from './outcome.ts'
import { FIRST_PACE, backoff, wentWell, wentWrong } from './pace.ts'
import type { Pace } from './pace.ts'
import type { KeptForm, ProgressRow } from './rows.ts'
import type { SendingRules } from './rules.ts'
import type { Leave } from './second-copy.ts'
import { next } from './states.ts'
import type { FormEvent } from './states.ts'
import type { Change, FormStore } from './store.ts'

/** Milliseconds until an edge is asked again that had no place to give, and until one that does not answer is given up. */
const ASK_AGAIN = 100
const ASK_PATIENCE = 2000
/** Rows looked at in one go for deadlines and what is unknown. */
const LOOKED_AT = 256

export interface ReplayParts {
  store: FormStore
  rules: SendingRules
  clock: Clock
  random: Random
  /** Sends to an edge that serves; its slot, or undefined where there is none. */
  tellAny(message: FormsToEdge): number | undefined
  tell: (slot: number, message: FormsToEdge) => void
  /** Forms in flight to a site at most. */
  most: () => number
  /** The site stands still, or a person has paused it. */
  isHeld: (site: string) => boolean
  /** Writes changes down with others, soon. */
  write(change: Change): void
  /** A change of this form is not on disk yet. */
  isChanging(number: number): boolean
  /** Which of them this node may send, where others may have them too; null on a machine by itself. */
  leave: () => Leave | null
  /** Runs what may fail with the disk. */
  guard: (work: () => void) => void
}

/** A form that can go out now. */
interface Ready {
  readonly row: ProgressRow
  readonly form: KeptForm
}

interface SiteReplay {
  pace: Pace
  inFlight: number
  /** The question for places that is open. */
  asked: { id: number; slot: number; until: number } | null
  askAt: number
}

interface Sent {
  readonly site: string
  readonly rule: string
  readonly at: number
  readonly row: ProgressRow
  readonly slot: number
  readonly isProbe: boolean
}

export class Replay {
  readonly #parts: ReplayParts
  readonly #sites = new Map<string, SiteReplay>()
  readonly #sent = new Map<number, Sent>()
  /** Leave is asked for them. */
  readonly #leaving = new Set<number>()
  /** Edges that have died, by slot: how many. */
  readonly #deaths = new Map<number, number>()
  #lastId = 0

  constructor(parts: ReplayParts) {
    this.#parts = parts
  }

  /** Looks what can be sent. Called often. */
  run(): void {
    for (const site of this.#parts.store.counts.keys()) this.#runSite(site)
  }

  /** An edge holds so many places for the site. */
  places(slot: number, id: number, site: string, places: number): void {
    const replay = this.#of(site)
    if (replay.asked?.id !== id) return this.#release(slot, site, places)
    replay.asked = null
    if (places === 0) {
      replay.askAt = this.#parts.clock.monotonic() + ASK_AGAIN
      return
    }
    const due = this.#parts.isHeld(site) ? [] : this.#due(site, places)
    const leave = this.#parts.leave()
    if (leave === null || due.length === 0) this.#hand(slot, site, places, due)
    else void this.#ask(slot, site, places, due, leave)
  }

  /** Others may have these forms too: only those go out that nobody else can send any more. */
  async #ask(slot: number, site: string, places: number, due: readonly Ready[], leave: Leave): Promise<void> {
    const deaths = this.#deaths.get(slot)
    const numbers = due.map(({ row }) => row.number)
    for (const number of numbers) this.#leaving.add(number)
    this.#of(site).inFlight += numbers.length
    // A probe sends nothing.
    const sends = due.filter(({ row }) => row.state !== 'unknown').map(({ row }) => row.number)
    const may = sends.length === 0 ? new Set<number>() : await leave(sends)
    for (const number of numbers) this.#leaving.delete(number)
    this.#of(site).inFlight -= numbers.length
    if (may.size < sends.length) this.#of(site).askAt = this.#parts.clock.monotonic() + ASK_AGAIN
    const { isHeld, store, guard } = this.#parts
    const isOff = isHeld(site) || !store.isOpen || this.#deaths.get(slot) !== deaths
    const free = isOff ? [] : due.filter(({ row }) => row.state === 'unknown' || may.has(row.number))
    guard(() => this.#hand(slot, site, places, free))
  }

  /** Hands over what is due under places that are held, and gives back those that are left. */
  #hand(slot: number, site: string, places: number, due: readonly Ready[]): void {
    let used = 0
    try {
      if (due.length > 0) used = this.#send(slot, site, due)
    } finally {
      // Where the disk failed nothing was sent, and nothing may be.
      this.#release(slot, site, places - used)
    }
    this.#runSite(site)
  }

  ended(number: number, result: SendResult): void {
    const sent = this.#sent.get(number)
    if (sent === undefined) return
    this.#sent.delete(number)
    const { clock, random, rules, most } = this.#parts
    const replay = this.#of(sent.site)
    replay.inFlight--
    // Its place is free: whoever was told that there was none need not wait to ask again.
    replay.askAt = 0
    const wait = backoff(Math.max(1, sent.row.tries), random)
    const event: FormEvent = sent.isProbe
      ? { type: 'probed', found: foundBy(result), wait }
      : eventOf(result, rules.of(sent.site, sent.rule).delivered, wait)
    const isWell = event.type === 'delivered' || event.type === 'rejected' || event.type === 'probed'
    replay.pace = isWell ? wentWell(replay.pace, most()) : wentWrong(replay.pace, clock.monotonic(), random)
    this.#become(sent.row, event, rules.patience(sent.site, sent.rule, sent.at))
  }

  /** The edge has died: what it was sending may have arrived. */
  edgeGone(slot: number): void {
    this.#deaths.set(slot, (this.#deaths.get(slot) ?? 0) + 1)
    for (const [number, sent] of this.#sent)
      if (sent.slot === slot) this.ended(number, { type: 'lost', reason: 'origin-reset' })
    for (const replay of this.#sites.values()) if (replay.asked?.slot === slot) replay.asked = null
  }

  /**
   * Settles what stands on disk as in flight and is not: what the process before this one was sending may have arrived
   * (`restarted`); what this one wrote down as its disk failed was never handed over. How many.
   */
  recover(type: 'restarted' | 'never-sent'): number {
    const { store, rules, random } = this.#parts
    const rows = store.inFlight().filter(({ number }) => !this.#sent.has(number) && !this.#parts.isChanging(number))
    for (const row of rows) {
      const form = store.form(row.number)
      if (form === undefined) continue
      const wait = backoff(Math.max(1, row.tries), random)
      const event: FormEvent =
        type === 'restarted'
          ? { type: 'lost', reason: 'restarted', wait }
          : { type: 'unsent', reason: 'journal-off', wait }
      this.#become(row, event, rules.patience(form.site, form.rule, form.at))
    }
    return rows.length
  }

  /** Forget all pauses: a person wants to see it go on now, as fast as the origin took them before. */
  hurry(site: string | null): void {
    for (const [name, replay] of this.#sites)
      if (site === null || name === site) replay.pace = { ...replay.pace, failures: 0, holdUntil: 0 }
  }

  /** What becomes of a form that another node had, and may have sent. */
  lost(number: number): Change | undefined {
    const { store, rules, random, clock } = this.#parts
    const [row, form] = [store.progress(number), store.form(number)]
    if (row === undefined || form === undefined) return undefined
    const event = { type: 'lost', reason: 'taken-over', wait: backoff(1, random) } as const
    const to = next(row, event, rules.patience(form.site, form.rule, form.at), clock.now())
    return to === undefined ? undefined : { number, to }
  }

  isInFlight(number: number): boolean {
    return this.#sent.has(number) || this.#leaving.has(number)
  }

  get inFlight(): number {
    return this.#sent.size + this.#leaving.size
  }

  #runSite(site: string): void {
    const replay = this.#of(site)
    const now = this.#parts.clock.monotonic()
    if (replay.asked !== null && now >= replay.asked.until) replay.asked = null
    if (replay.asked !== null || now < replay.askAt || this.#parts.isHeld(site)) return
    const room = Math.min(Math.floor(replay.pace.window), this.#parts.most()) - replay.inFlight
    if (room <= 0 || now < replay.pace.holdUntil) return
    const wanted = this.#due(site, room).length
    if (wanted === 0) {
      replay.askAt = now + ASK_AGAIN
      return
    }
    const id = ++this.#lastId
    const slot = this.#parts.tellAny({ type: 'places', id, site, most: wanted })
    if (slot === undefined) replay.askAt = now + ASK_AGAIN
    else replay.asked = { id, slot, until: now + ASK_PATIENCE }
  }

  /** What can go out now, `most` at once. What is too late or can never be known is settled on the way. */
  #due(site: string, most: number): Ready[] {
    const { store, clock, rules } = this.#parts
    const now = clock.now()
    const ready: Ready[] = []
    const hooked = rules.hooked(site)
    const looked = Math.max(LOOKED_AT, most)
    const due = hooked.length === 0 ? store.due(site, now, looked) : store.dueOf(site, now, looked, hooked, false)
    for (const row of due) {
      if (ready.length === most) break
      const isBusy = this.isInFlight(row.number) || this.#parts.isChanging(row.number)
      const form = isBusy ? undefined : store.form(row.number)
      if (form === undefined) continue
      const patience = rules.patience(site, form.rule, form.at)
      if (!this.#become(row, { type: 'look' }, patience)) ready.push({ row, form })
    }
    return ready
  }

  /** Hands over what is due; how many of the places that used. */
  #send(slot: number, site: string, ready: readonly Ready[]): number {
    const { store, clock, rules, tell } = this.#parts
    const now = clock.now()
    const due = ready.map(({ row, form }) => {
      const sending = rules.of(site, form.rule)
      const isProbe = row.state === 'unknown'
      const to = isProbe ? undefined : next(row, { type: 'send' }, rules.patience(site, form.rule, form.at), now)
      return { row, form, sending, isProbe, to }
    })
    const changes = due.flatMap(({ row, to }) => (to === undefined ? [] : [{ number: row.number, to }]))
    store.apply(changes, now)
    for (const { row, form, sending, isProbe, to } of due) {
      const receipt = store.receiptOf(row.number)
      const ask = isProbe ? (sending.probe?.replaceAll('{receipt}', receipt) ?? null) : null
      const wantsText = sending.delivered.text !== undefined
      this.#sent.set(row.number, { site, rule: form.rule, at: form.at, row: { ...row, ...to }, slot, isProbe })
      this.#of(site).inFlight++
      tell(slot, { type: 'send', number: row.number, receipt, form, ask, wantsText, repair: sending.repair })
    }
    return due.length
  }

  #release(slot: number, site: string, places: number): void {
    if (places > 0) this.#parts.tell(slot, { type: 'release', site, places })
  }

  /** False where the event changes nothing. */
  #become(row: ProgressRow, event: FormEvent, patience: Parameters<typeof next>[2]): boolean {
    const to = next(row, event, patience, this.#parts.clock.now())
    if (to === undefined) return false
    this.#parts.write({ number: row.number, to })
    return true
  }

  #of(site: string): SiteReplay {
    let replay = this.#sites.get(site)
    if (replay === undefined) this.#sites.set(site, (replay = { pace: FIRST_PACE, inFlight: 0, asked: null, askAt: 0 }))
    return replay
  }
}
