// Visitors in the crash test who wait for their turn: they come to any node, ask for their place at any other, and go in when they are called.
// Whoever came clearly before somebody else goes in before them, or later by no more than things were wrong for; all get in in
// the end, at no more than the pace of the room; and whoever is in stays in.

import { setTimeout as sleep } from 'node:timers/promises'
import { below } from '../../../src/base/random.ts'
import type { Random } from '../../../src/base/random.ts'
import type { Shield } from '../../fixtures/shield.ts'
import { until } from '../../fixtures/until.ts'
import { Guest } from '../../whole/fixtures/guest.ts'
import type { NodeWishes } from '../nodes.ts'

/** Visitors let in a second over all nodes. */
const RATE = 5
export const QUEUE: NonNullable<NodeWishes['waitingRoom']> = { name: 'main', rate: `${RATE}/s`, sessions: 10_000 }
export const QUEUE_RULES = [{ name: 'queue', match: { path: '/queue/**' }, waitingRoom: 'main' }] as const
/** As many come at once in the beginning, and so many after that a second: more than are let in, so that there is a queue. */
const FIRST = 40
const LATER = 8
/** Milliseconds that a turn may come late by with nothing wrong: from one question to the next, and until its answer on a busy machine. */
const SLACK = 8000
/** Milliseconds from the end of an outage until the room goes on: nodes find the server, and say for three seconds what they know (SETTLE in room.lua). */
const SETTLE = 6000
/** Until all are in, once all is well again. */
const PATIENCE = 120_000

interface Node {
  isUp: boolean
  shield: Shield
}

interface Person {
  jar: ReadonlyMap<string, string>
  /** Asked for a place, had one, and was in: milliseconds of performance.now(). */
  asked: number
  came: number
  entered: number | null
}

export class WaitingTraffic {
  readonly #random: Random
  readonly #most: number
  readonly #people: Person[] = []
  readonly #faults: string[] = []
  #begun = 0
  #ended = 0
  #isGone = false

  /** `most`: visitors who come, at most. */
  constructor(random: Random, most: number) {
    this.#random = random
    this.#most = most
  }

  get entered(): number {
    return this.#people.filter(({ entered }) => entered !== null).length
  }

  /** Visitors come until it is over; resolves when those who came are all in, or have waited too long. */
  async come(nodes: readonly Node[], isOver: () => boolean, isWell: () => boolean): Promise<void> {
    this.#begun = performance.now()
    const all: Promise<void>[] = []
    for (let n = 0; !isOver() && n < this.#most; n++) {
      all.push(this.#person(nodes, n, isOver))
      if (n >= FIRST) await sleep(1000 / LATER)
    }
    await until('it is over', isOver, PATIENCE)
    await until('all is well', isWell, PATIENCE)
    await until(
      () => `all ${this.#people.length} visitors are in, of whom ${this.entered} are`,
      () => this.entered === this.#people.length,
      PATIENCE,
    ).catch((error: unknown) => this.#faults.push(String(error)))
    this.#ended = performance.now()
    this.#isGone = true
    await Promise.all(all)
  }

  /** What is wrong, where things were wrong so many times, and for so many milliseconds in all. */
  reckon(times: number, outage: number): { faults: string[]; late: number } {
    const late = this.#late()
    const allowed = outage + times * SETTLE + SLACK
    if (late > allowed)
      this.#faults.push(`somebody lost ${seconds(late)} s to who came later, with ${seconds(outage)} s of outage`)
    const most = RATE * ((this.#ended - this.#begun) / 1000 + 2)
    if (this.entered > most) this.#faults.push(`${this.entered} went in where ${Math.round(most)} may`)
    return { faults: this.#faults, late: Math.round(late) }
  }

  /** By how many milliseconds somebody went in after one who came later, at most. */
  #late(): number {
    let late = 0
    for (const { came, entered } of this.#people) {
      if (entered === null) continue
      for (const other of this.#people)
        if (other.asked > came && other.entered !== null) late = Math.max(late, entered - other.entered)
    }
    return late
  }

  async #person(nodes: readonly Node[], n: number, isOver: () => boolean): Promise<void> {
    const asked = performance.now()
    const path = `/queue/${n}`
    const first = await this.#ask(nodes, new Map(), guest => guest.ask(path))
    // One who got no answer, or no place, has none to lose.
    if (first === null || !hasTicket(first.jar)) return
    const person: Person = { jar: first.jar, asked, came: performance.now(), entered: null }
    this.#people.push(person)
    if (first.came.status === 200) person.entered = performance.now()
    while (person.entered === null && !this.#isGone) {
      await sleep(200 + below(this.#random, 600))
      const polled = await this.#ask(nodes, person.jar, guest => guest.poll())
      if (polled?.came.state !== 'called') continue
      const tried = await this.#ask(nodes, person.jar, guest => guest.ask(path))
      if (tried === null) continue
      person.jar = tried.jar
      if (tried.came.status === 200) person.entered = performance.now()
    }
    await this.#stay(nodes, person, path, isOver)
  }

  /** Those inside go on, at whichever node. */
  async #stay(nodes: readonly Node[], person: Person, path: string, isOver: () => boolean): Promise<void> {
    while (!isOver() && person.entered !== null) {
      await sleep(1500 + below(this.#random, 1500))
      const seen = await this.#ask(nodes, person.jar, guest => guest.askAsProgram(path))
      if (seen === null) continue
      person.jar = seen.jar
      const { status, reason = '' } = seen.came
      if (status !== 200 && /waiting|turn/.test(reason))
        this.#faults.push(`somebody who was in got ${status} ${reason}`)
    }
  }

  /** At a node that is up; null where it was not, or gave no answer. */
  async #ask<T>(nodes: readonly Node[], jar: ReadonlyMap<string, string>, what: (guest: Guest) => Promise<T>) {
    const up = nodes.filter(({ isUp }) => isUp)
    const node = up[below(this.#random, Math.max(1, up.length))]
    if (node === undefined) return null
    const guest = new Guest(node.shield.port, jar)
    try {
      const came = await what(guest)
      return { came, jar: guest.jar as ReadonlyMap<string, string> }
    } catch {
      return null
    }
  }
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1)

const hasTicket = (jar: ReadonlyMap<string, string>): boolean =>
  [...jar.keys()].some(name => name.startsWith('bw-ticket') || name.startsWith('bw-session'))
