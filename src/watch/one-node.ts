// Steps of events where there are several nodes: each is done once, by the one that the cluster names (cluster/steps.ts); for the others
// it is done, so that whoever is left knows what is to be undone. What a step changes in the memory of a process every node does.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Performs, Try } from '../plan/perform.ts'
import type { Act, Outcome } from '../plan/task.ts'
import type { StepClaim, StepClaimed } from '../threads/cluster.ts'

/** Milliseconds between two questions, and until a step is taken that nobody has: the leader, and whoever did what is to be undone, go first. */
const ASK_EVERY = 500
const LATE = { do: 3000, undo: 10_000 } as const

export class OneNode implements Performs {
  readonly #inner: Performs
  readonly #claim: (claim: StepClaim) => Promise<StepClaimed>

  constructor(inner: Performs, claim: (claim: StepClaim) => Promise<StepClaimed>) {
    this.#inner = inner
    this.#claim = claim
  }

  newTo(site: string, urls: readonly string[]): string[] {
    return this.#inner.newTo(site, urls)
  }

  outcome(given: Pick<Try, 'task' | 'act'>): Promise<Outcome> {
    return this.#inner.outcome(given)
  }

  forget(given: Pick<Try, 'task' | 'act'>): void {
    this.#inner.forget(given)
  }

  /** Never rejects. */
  async perform(given: Try): Promise<Outcome> {
    if (isEverywhere(given)) return this.#inner.perform(given)
    const how = await this.#whose(nameOf(given), given.act)
    if (how === 'theirs') return { type: 'ok' }
    // Every node knows of the event: a mode set on each of them is one mode, and no crowd waits for a server.
    if (how === 'away' && given.task.step.mode === undefined)
      return {
        type: 'failed',
        error: 'the server of the cluster does not answer, so nobody can tell whether another node has done it',
      }
    return this.#inner.perform(given)
  }

  async #whose(step: string, act: Act): Promise<StepClaimed> {
    for (let waited = 0; ; waited += ASK_EVERY) {
      const how = await this.#claim({ step, act, isLate: waited >= LATE[act] })
      if (how !== 'wait') return how
      await sleep(ASK_EVERY)
    }
  }
}

const isEverywhere = ({ task: { step } }: Try): boolean =>
  [step.warm, step.join, step.admit, step.notice, step.dns].some(each => each !== undefined)

/** The same on each node that has the event. */
const nameOf = ({ run, task }: Try): string => `${run.key} ${run.tasks.findIndex(({ id }) => id === task.id)}`
