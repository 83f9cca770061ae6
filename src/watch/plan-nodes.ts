// The plan's talk with other nodes, by way of core: once a second and after each command it says what was commanded here and hears what was
// commanded elsewhere, and asks whose a step is. On a machine by itself nothing is said.

import type { Run } from '../plan/store.ts'
import type { PlanOfNodes } from '../plan/nodes.ts'
import type { Mark } from '../plan/told.ts'
import type { StepClaimed } from '../threads/cluster.ts'
import type { Log } from '../threads/log.ts'
import type { CoreLink } from './core-link.ts'

/** Exchanges one after the other: as many as all words need that there may be, twice. */
const MOST_EXCHANGES = 64

export interface Talk {
  core: Pick<CoreLink, 'claim' | 'events'>
  nodes: PlanOfNodes
  /** This plan on disk. */
  owner: string
  /** This node's name. */
  node: string
  log: Log
  /** Something was heard, so something may be due. */
  heard: () => void
}

export class PlanNodes {
  readonly #talk: Talk
  /** How far the words of the server are known. */
  #table = ''
  #rev = 0
  #round: Promise<void> | null = null
  #isAgain = false

  constructor(talk: Talk) {
    this.#talk = talk
  }

  /** Resolves when what is known here now is told, or cannot be. Never rejects. */
  round(): Promise<void> {
    this.#isAgain = true
    this.#round ??= this.#rounds()
      .catch((error: unknown) => this.#talk.log('error', 'plan-not-kept', { error }))
      .finally(() => (this.#round = null))
    return this.#round
  }

  async claim(step: string, act: Mark['act'], isLate: boolean): Promise<StepClaimed['how']> {
    const { core, nodes, owner } = this.#talk
    const { how, mark } = await core.claim({ step, act, isLate, owner, table: this.#table })
    if (mark !== null) nodes.note(mark, false)
    return how
  }

  /** This node does a step that no other one knows of. */
  begun(step: string, act: Mark['act']): void {
    const { nodes, owner, node } = this.#talk
    nodes.note({ act, step, owner, node, state: 'begun' }, true)
  }

  /** How an undo ended, where it is this node's. */
  undone(step: string, isDone: boolean): void {
    const { nodes, owner } = this.#talk
    const mark = nodes.markOf('undo', step)
    if (mark?.owner !== owner) return
    nodes.note({ ...mark, state: isDone ? 'ended' : 'failed' }, true)
    void this.round()
  }

  isOnlyHere(run: Run): boolean {
    return this.#talk.nodes.isOnlyHere(run)
  }

  async #rounds(): Promise<void> {
    while (this.#isAgain) {
      this.#isAgain = false
      for (let n = 0; n < MOST_EXCHANGES && (await this.#exchange()); n++);
    }
  }

  /** True while there is more to say or to hear. What was said elsewhere is heard when all is said: of both the server keeps the later one. */
  async #exchange(): Promise<boolean> {
    const { core, nodes, heard: tell } = this.#talk
    nodes.gather()
    const batch = nodes.unsaid
    const sent = nodes.sent(batch.words)
    const heard = await core.events({ table: this.#table, rev: this.#rev, ...batch })
    if (heard === 'away') nodes.sent(sent, false)
    if (typeof heard === 'string') return false
    if (heard.table !== this.#table) {
      ;[this.#table, this.#rev] = [heard.table, 0]
      nodes.sayAllAnew()
      return true
    }
    nodes.said(batch, heard.refused)
    const { words, marks } = nodes.unsaid
    if (words.length + marks.length > 0) return true
    if (nodes.hear(heard.words, heard.marks)) this.#rev = heard.rev
    if (heard.words.length > 0) tell()
    return heard.isMore
  }
}
