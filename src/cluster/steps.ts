// Steps of events: each is done by one node, and undone by one. The leader goes first; where it does not know of the event, or is lost,
// another one may after a while. Who has done a step undoes it, unless that node is lost.

import type { StepClaim, StepClaimed, StepMark } from '../threads/cluster.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'
import { LOST_AFTER } from './membership.ts'

/** Milliseconds in which nodes tell a server that has come back what they know of steps; meanwhile nobody begins one. */
const SETTLE = 3000

export async function claimStep(
  { link, keys, name }: { link: Pick<Link, 'run'>; keys: Keys; name: string },
  { step, act, isLate, owner, table }: StepClaim,
  leads: boolean,
): Promise<StepClaimed> {
  const args = [`do ${step}`, `${act} ${step}`, owner, name, flag(leads), flag(isLate), table, SETTLE, LOST_AFTER]
  try {
    const said = String(await link.run('step', [keys.events, keys.steps, keys.members], args))
    if (said === '') return { how: 'wait', mark: null }
    const mark = { act, step, ...(JSON.parse(said) as Omit<StepMark, 'act' | 'step'>) }
    return { how: mark.owner === owner ? 'mine' : 'theirs', mark }
  } catch {
    return { how: 'away', mark: null }
  }
}

const flag = (is: boolean): string => (is ? '1' : '0')
