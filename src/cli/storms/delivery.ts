// What the shield has collected, and the time until all of it has reached the site.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Shield } from './shield.ts'

export interface Collected {
  /** Forms that were given a receipt, and those of them that the site has taken. */
  forms: number
  delivered: number
  /** How long it took after the crowd had gone. */
  seconds: number
}

/** Longer nobody waits: what is left then is told by the numbers. */
const WITHIN_MS = 150_000
const LOOK_EVERY_MS = 250
/** What is told is a second old at most; only what has not changed for longer is taken for the end. */
const STEADY_MS = 2000

/** Waits until nothing waits any more; undefined when nothing was collected. */
export async function deliveredOf(shield: Shield, signal: AbortSignal): Promise<Collected | undefined> {
  const since = performance.now()
  let last = { accepted: -1, delivered: -1, at: since }
  for (;;) {
    const { journal } = await shield.stats()
    if (journal === null) return undefined
    const now = performance.now()
    const { accepted, waiting } = journal
    const { delivered } = journal.forms
    if (accepted !== last.accepted || delivered !== last.delivered || waiting > 0)
      last = { accepted, delivered, at: now }
    if (now - last.at > STEADY_MS || now - since > WITHIN_MS || signal.aborted) {
      return accepted === 0 ? undefined : { forms: accepted, delivered, seconds: (last.at - since) / 1000 }
    }
    await sleep(LOOK_EVERY_MS)
  }
}
