// Responses that others follow while their bodies still come. The fetching edge offers what it fetches; when core says that
// somebody waits, it puts the head into shared memory and then the body. Other edges follow; so do those who wait here.

import type { Body, Coming } from '../../exchange.ts'
import { secondaryKey } from '../../http/vary.ts'
import { fillRecord, recordBytes } from '../../store/fill.ts'
import type { Hazards } from '../../store/hazards.ts'
import type { StoreIndex } from '../../store/index.ts'
import { contentOf, varyingNames } from '../keeper.ts'
import type { Storable } from '../keeper.ts'
import { Arriving } from './arriving.ts'
import { Writer } from './writer.ts'
import type { ComingPlaces } from './writer.ts'

/** What is said to core of bodies that come. */
export interface CoreComings extends ComingPlaces {
  /** The head of what the flight `ask` brings lies at this place. */
  coming(ask: number, ref: number): void
}

/** A response on its way into the store. */
interface Offer {
  /** Its head, made when somebody wants it: hardly anybody does. */
  readonly response: () => Storable
  readonly follow: () => Body
}

/** Milliseconds between two looks at what has come from other edges: one timer, that runs only while there is something. */
const LOOK = 5

export class Comings {
  readonly #index: StoreIndex
  readonly #hazards: Hazards
  readonly #core: CoreComings
  readonly #offers = new Map<number, Offer>()
  readonly #writers = new Set<Writer>()
  /** What this edge fetches itself is followed without the way through shared memory. */
  readonly #own = new Map<number, () => Body>()
  readonly #arriving = new Map<number, { body: Arriving; hazard: number }>()
  #timer: NodeJS.Timeout | null = null

  constructor(index: StoreIndex, hazards: Hazards, core: CoreComings) {
    this.#index = index
    this.#hazards = hazards
    this.#core = core
  }

  /** What the flight `ask` brings can be followed from now on. */
  offer(ask: number, response: () => Storable, follow: () => Body): void {
    this.#offers.set(ask, { response, follow })
  }

  /** It is all here, or will never be. */
  withdraw(ask: number): void {
    this.#offers.delete(ask)
  }

  /** Core says that somebody waits for it. */
  wanted(ask: number): void {
    const offer = this.#offers.get(ask)
    if (offer === undefined) return
    // From its beginning, before anything of it is let go.
    const body = offer.follow()
    this.#begin(ask, offer, body).catch(() => body.cancel(new Error('it cannot be followed')))
  }

  async #begin(ask: number, offer: Offer, body: Body): Promise<void> {
    const response = offer.response()
    const names = varyingNames(response)
    if (names === undefined) return body.cancel(new Error('nobody else may have it'))
    const content = contentOf(response, `\n${names.join(',')}\n${secondaryKey(names, response.request)}`)
    const ref = await this.#core.extent(recordBytes(content))
    if (ref === 0) return body.cancel(new Error('there is no room for it'))
    fillRecord(this.#index.segments, ref, content)
    const writer: Writer = new Writer(this.#index.segments, this.#core, ref, body, () => {
      this.#writers.delete(writer)
      this.#own.delete(ref)
    })
    this.#writers.add(writer)
    this.#own.set(ref, offer.follow)
    this.#core.coming(ask, ref)
  }

  /**
   * Core names the place of a head: to be called before the next message of core is looked at, since the place is good only
   * until then. Undefined when nothing more can be held.
   */
  arrive(ref: number): Coming | undefined {
    const own = this.#own.get(ref)
    if (own !== undefined) return { ref, follow: own, drop: () => {} }
    const there = this.#arriving.get(ref)
    const { body } = there ?? this.#add(ref) ?? {}
    if (body === undefined) return undefined
    body.hold()
    return { ref, follow: length => body.follow(length), drop: () => body.drop() }
  }

  #add(ref: number): { body: Arriving } | undefined {
    const hazard = this.#hazards.hold(ref)
    if (hazard === -1) return undefined
    const added = { body: new Arriving(this.#index.segments, ref, () => this.#remove(ref)), hazard }
    this.#arriving.set(ref, added)
    this.#timer ??= setInterval(() => this.#look(), LOOK)
    return added
  }

  /** A new core knows of nothing that comes, and gives its places away. */
  reset(): void {
    this.#offers.clear()
    for (const writer of this.#writers) writer.stop()
    this.#writers.clear()
    this.#own.clear()
    for (const { body } of this.#arriving.values()) body.fail()
  }

  #look(): void {
    for (const { body } of [...this.#arriving.values()]) body.poll()
  }

  #remove(ref: number): void {
    const there = this.#arriving.get(ref)
    if (there === undefined) return
    this.#arriving.delete(ref)
    this.#hazards.release(there.hazard)
    if (this.#arriving.size > 0 || this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
  }
}
