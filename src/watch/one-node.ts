// Steps of events where there are several nodes: each is done once, by the one that the cluster names (cluster/steps.ts); for the others
// it is done, so that whoever is left knows what is to be undone. What a step changes in the memory of a process every node does.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Performs, Try } from '../plan/perform.ts'
import type { Act, Outcome } from '../plan/task.ts'
import type { StepClaimed } from '../threads/cluster.ts'
import type { PlanNodes } from './plan-nodes.ts'

/** Milliseconds between two questions, and until a step is taken that nobody has: the leader, and whoever did what is to be undone, go first. */
const ASK_EVERY = 500
const LATE = { do: 3000, undo: 10_000 } as const

type Nodes = Pick<PlanNodes, 'round' | 'claim' | 'begun' | 'undone' | 'isOnlyHere'>

export class OneNode implements Performs {
  readonly #inner: Performs
  readonly #nodes: Nodes

  constructor(inner: Performs, nodes: Nodes) {
    this.#inner = inner
    this.#nodes = nodes
  }

  newTo(site: string, urls: readonly string[]): string[] {
    return this.#inner.newTo(site, urls)
  }

  /** What this process, or the one before, began: its own. */
  async outcome(given: Pick<Try, 'run' | 'task' | 'act'>): Promise<Outcome> {
    const outcome = await this.#inner.outcome(given)
    if (!isEverywhere(given)) this.#ended(given, outcome)
    return outcome
  }

  forget(given: Pick<Try, 'task' | 'act'>): void {
    this.#inner.forget(given)
  }

  /** Never rejects. */
  async perform(given: Try): Promise<Outcome> {
    if (isEverywhere(given)) return this.#inner.perform(given)
    // Whoever is left when this node dies has to know of the event: so it is told before anything of it is done.
    await this.#nodes.round()
    const how = await this.#whose(nameOf(given), given.act)
    if (how === 'theirs') return { type: 'ok' }
    return how === 'mine' ? this.#mine(given) : this.#away(given)
  }

  /** Every node knows of the event: a mode set on each of them is one mode, and no crowd waits for a server. */
  #away(given: Try): Promise<Outcome> | Outcome {
    if (this.#nodes.isOnlyHere(given.run)) {
      this.#nodes.begun(nameOf(given), given.act)
      return this.#mine(given)
    }
    if (given.task.step.mode !== undefined) return this.#inner.perform(given)
    return {
      type: 'failed',
      error: 'the server of the cluster does not answer, so nobody can tell whether another node has done it',
    }
  }

  async #mine(given: Try): Promise<Outcome> {
    const outcome = await this.#inner.perform(given)
    this.#ended(given, outcome)
    return outcome
  }

  /** Others wait for the end of an undo, and undo it themselves where it failed and this node is lost. */
  #ended(given: Pick<Try, 'run' | 'task' | 'act'>, { type }: Outcome): void {
    if (given.act === 'undo') this.#nodes.undone(nameOf(given), type === 'ok')
  }

  async #whose(step: string, act: Act): Promise<StepClaimed['how']> {
    for (let waited = 0; ; waited += ASK_EVERY) {
      const how = await this.#nodes.claim(step, act, waited >= LATE[act])
      if (how !== 'wait') return how
      await sleep(ASK_EVERY)
    }
  }
}

const isEverywhere = ({ task: { step } }: Pick<Try, 'task'>): boolean =>
  [step.warm, step.join, step.admit, step.notice, step.dns].some(each => each !== undefined)

/** The same on each node that has the event. */
const nameOf = ({ run, task }: Pick<Try, 'run' | 'task'>): string =>
  `${run.key} ${run.tasks.findIndex(({ id }) => id === task.id)}`
