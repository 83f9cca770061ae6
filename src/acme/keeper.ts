// Keeps a certificate for each name: ordered when there is none, replaced in time, tried again with ever longer waits. One order at a
// time; what it has got is on disk before anybody shows it.

import { X509Certificate } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { keepCertificate, keptCertificates } from '../threads/kept-certificates.ts'
import type { KeptCertificate } from '../threads/kept-certificates.ts'
import type { CertificatesSaid } from '../threads/cluster.ts'
import type { ChallengeAnswers } from '../threads/messages.ts'
import type { Config } from '../config/types.ts'
import { Challenges } from './challenges.ts'
import { Directory } from './directory.ts'
import { renewalTime, timeIn, waitAfter } from './due.ts'
import { AcmeNodes, ORDERED_WITHIN } from './nodes.ts'
import type { Met, Own, SayToNodes } from './nodes.ts'

/** How a name stands; wall clock in milliseconds. */
export interface CertificateState {
  name: string
  directory: string
  /** Null: there is none yet. */
  notBefore: number | null
  notAfter: number | null
  renewAt: number | null
  /** When it is ordered next. */
  nextTry: number
  tries: number
  isOrdering: boolean
  error: string | null
}

interface Surroundings {
  clock: Clock
  random: Random
  log: (level: 'info' | 'warn' | 'error', event: string, detail: Record<string, unknown>) => void
  /** Asks the other nodes of a cluster; undefined on a machine by itself. */
  nodes?: SayToNodes
  /** Tells every edge: these challenges are open, and what is on disk may be new. */
  tell(answers: ChallengeAnswers): void
}

/** Wanted again, whatever its time. `revoke`: what is replaced is revoked. */
interface Wish {
  revoke: boolean
}

export class CertificateKeeper {
  readonly #around: Surroundings
  readonly #challenges: Challenges
  #config: Config
  readonly #failed = new Map<string, { tries: number; nextTry: number; error: string }>()
  readonly #wishes = new Map<string, Wish>()
  /** When the directory is to be asked anew for what it suggests, by name. */
  readonly #askAt = new Map<string, number>()
  /** When one was last to be replaced at once, by name. */
  readonly #hurried = new Map<string, number>()
  readonly #nodes: AcmeNodes | null
  /** What other nodes want answered, as the edges know it. */
  #theirs = '[]'
  #isMeeting = false
  #kept: KeptCertificate[] = []
  #ordering: string | null = null

  constructor(config: Config, around: Surroundings) {
    this.#config = config
    this.#around = around
    this.#nodes = around.nodes === undefined ? null : new AcmeNodes(around.nodes)
    this.#challenges = new Challenges(
      () => this.#tell(),
      () => this.#config.tls.acme.dns,
      () => this.#spread(),
    )
    this.#kept = keptCertificates(config.data)
  }

  /** A name that was changed may be tried at once. */
  configure(config: Config): void {
    this.#config = config
    this.#failed.clear()
    this.#kept = keptCertificates(config.data)
  }

  get states(): CertificateState[] {
    const { names, directory } = this.#config.tls.acme
    return names.map(name => {
      const kept = this.#keptFor(name)
      const failed = this.#failed.get(name)
      const lives = kept === undefined ? undefined : spanOf(kept.chain)
      return {
        ...{ name, directory, notBefore: lives?.from ?? null, notAfter: lives?.to ?? null },
        ...{ renewAt: kept?.renewAt ?? null, nextTry: this.#dueAt(name), tries: failed?.tries ?? 0 },
        ...{ isOrdering: this.#ordering === name, error: failed?.error ?? null },
      }
    })
  }

  /** Orders it anew as soon as it can. False where no such name is kept. */
  replace(name: string, wish: Wish): boolean {
    if (!this.#config.tls.acme.names.includes(name)) return false
    this.#wishes.set(name, wish)
    this.#failed.delete(name)
    return true
  }

  /** To be called now and then: takes up the first order that is due. Never rejects. */
  async look(): Promise<void> {
    if (this.#ordering !== null || (await this.#meet()) === 'busy') return
    const now = this.#around.clock.now()
    const { names } = this.#config.tls.acme
    const due = names.find(name => this.#wishes.has(name) || this.#dueAt(name) <= now)
    if (due !== undefined) return this.#order(due)
    const asked = names.find(name => this.#keptFor(name) !== undefined && (this.#askAt.get(name) ?? 0) <= now)
    if (asked !== undefined) await this.#ask(asked)
  }

  /** A certificate of another directory than the present one is replaced too. */
  #keptFor = (name: string): KeptCertificate | undefined => this.#kept.find(each => each.name === name)

  #dueAt(name: string): number {
    const failed = this.#failed.get(name)
    const kept = this.#keptFor(name)
    const due = kept === undefined || kept.directory !== this.#config.tls.acme.directory ? 0 : kept.renewAt
    return Math.max(due, failed?.nextTry ?? 0)
  }

  async #order(name: string): Promise<void> {
    const { clock, random, log } = this.#around
    const { data, tls } = this.#config
    const wish = this.#wishes.get(name)
    const before = this.#keptFor(name)
    this.#ordering = name
    try {
      if (!(await this.#mayOrder(name))) return
      const directory = await Directory.open(tls.acme, data)
      // One that was lost is worth nothing: it goes before the new one comes.
      if (wish?.revoke === true && before !== undefined) {
        await directory.revoke(before.chain)
        log('info', 'certificate-revoked', { name })
      }
      const replaces = before?.directory === tls.acme.directory ? before.chain : undefined
      const issued = await directory.order(name, this.#challenges, replaces)
      const lives = spanOf(issued.chain)
      const fresh = { name, directory: tls.acme.directory, ...issued, renewAt: renewalTime(lives, random) }
      keepCertificate(data, fresh)
      this.#kept = keptCertificates(data)
      await this.#nodes?.meet(this.#own, { name, for: 0 }, fresh)
      this.#failed.delete(name)
      this.#wishes.delete(name)
      this.#askAt.delete(name)
      log('info', 'certificate-ordered', {
        name,
        until: new Date(lives.to).toISOString(),
        renewed: before !== undefined,
      })
    } catch (error) {
      const tries = (this.#failed.get(name)?.tries ?? 0) + 1
      const text = error instanceof Error ? error.message : String(error)
      this.#wishes.delete(name)
      this.#failed.set(name, { tries, nextTry: clock.now() + waitAfter(tries), error: text })
      // Nor does another node, whose try would count at the directory as well.
      await this.#nodes?.meet(this.#own, { name, for: waitAfter(tries) })
      const level = before === undefined ? 'error' : 'warn'
      log(level, 'certificate-not-ordered', {
        name,
        error: text,
        tries,
        tryAgainIn: waitAfter(tries),
      })
    } finally {
      this.#ordering = null
      this.#tell()
    }
  }

  get #own(): Own {
    const { data, tls } = this.#config
    const { directory, names } = tls.acme
    return { data, directory, names, kept: this.#kept, answers: this.#challenges.answers }
  }

  /** Every edge answers the challenges of all nodes, and looks at what is on disk. */
  #tell(): void {
    const all = [this.#challenges.answers, ...(this.#nodes?.answers ?? [])]
    this.#around.tell({ http: all.flatMap(({ http }) => http), alpn: all.flatMap(({ alpn }) => alpn) })
  }

  /** Hears what other nodes have ordered, and what they want answered. */
  async #meet(order: CertificatesSaid['order'] = null): Promise<Met | 'away' | 'busy'> {
    if (this.#nodes === null || this.#config.tls.acme.names.length === 0) return { mayOrder: true, hasNew: false }
    if (this.#isMeeting) return 'busy'
    this.#isMeeting = true
    try {
      const met = await this.#nodes.meet(this.#own, order)
      if (met === 'away') return met
      const theirs = JSON.stringify(this.#nodes.answers)
      if (met.hasNew) this.#kept = keptCertificates(this.#config.data)
      if (met.hasNew || theirs !== this.#theirs) this.#tell()
      this.#theirs = theirs
      return met
    } catch (error) {
      // What others have ordered could not be written: it is asked for again.
      this.#around.log('error', 'certificate-not-kept', {
        error: error instanceof Error ? error.message : String(error),
      })
      return 'away'
    } finally {
      this.#isMeeting = false
    }
  }

  /** Other nodes look each second; until then the directory might look at one that does not know yet. */
  async #spread(): Promise<void> {
    if (this.#nodes === null) return
    await this.#nodes.meet(this.#own)
    await sleep(OTHERS_HEAR_WITHIN)
  }

  /** One node orders; and what another one has ordered meanwhile is not ordered again. */
  async #mayOrder(name: string): Promise<boolean> {
    const met = await this.#meet({ name, for: ORDERED_WITHIN })
    if (met === 'away') {
      const nextTry = this.#around.clock.now() + ASK_NODES_AGAIN
      this.#failed.set(name, { tries: 0, nextTry, error: 'the server of the cluster does not answer' })
    }
    if (met === 'away' || met === 'busy' || !met.mayOrder) return false
    if (this.#failed.get(name)?.tries === 0) this.#failed.delete(name)
    const isDue = this.#wishes.has(name) || this.#dueAt(name) <= this.#around.clock.now()
    if (!isDue) await this.#meet({ name, for: 0 })
    return isDue
  }

  /** What the directory suggests takes the place of what its lifetime says. */
  async #ask(name: string): Promise<void> {
    const { clock, random } = this.#around
    const { tls, data } = this.#config
    const kept = this.#keptFor(name)!
    this.#askAt.set(name, clock.now() + ASK_AGAIN)
    if (kept.directory !== tls.acme.directory) return
    try {
      const directory = await Directory.open(tls.acme, data)
      const said = await directory.suggestion(kept.chain)
      if (said === undefined) return
      this.#askAt.set(name, clock.now() + said.askAgain)
      const { window } = said
      if (kept.renewAt >= window.from && kept.renewAt <= window.to) return
      // A directory that is wrong about time must not be asked for one certificate after another.
      const soonest = (this.#hurried.get(name) ?? -Infinity) + HURRY_EVERY
      const renewAt = Math.max(timeIn(window, random), soonest)
      if (renewAt <= clock.now()) this.#hurried.set(name, clock.now())
      keepCertificate(data, { ...kept, renewAt })
      this.#kept = keptCertificates(data)
    } catch {
      // It is asked again; until then its lifetime says when.
    }
  }
}

/** Milliseconds: each node looks once a second. */
const OTHERS_HEAR_WITHIN = 2500
const ASK_NODES_AGAIN = 10_000
const HURRY_EVERY = 3_600_000
/** Where nothing was said. */
const ASK_AGAIN = 6 * 3_600_000

function spanOf(chain: string): { from: number; to: number } {
  const { validFrom, validTo } = new X509Certificate(chain)
  return { from: Date.parse(validFrom), to: Date.parse(validTo) }
}
