// Steps of events: each is done by one node, and undone by one. The leader goes first; where it does not know of the event, or is lost,
// another one may after a while. Who has done a step undoes it, unless that node is lost.

import type { StepClaim, StepClaimed } from '../threads/cluster.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

/** An event may last 30 days, and its steps begin 7 days ahead: milliseconds. */
const REMEMBERED = 40 * 86_400_000

export async function claimStep(
  { link, keys, name }: { link: Pick<Link, 'run'>; keys: Keys; name: string },
  { step, act, isLate }: StepClaim,
  leads: boolean,
): Promise<StepClaimed> {
  const done = keys.step(`${step} do`)
  const wanted = act === 'do' ? done : keys.step(`${step} undo`)
  const args = [name, leads ? '1' : '0', isLate ? '1' : '0', REMEMBERED]
  try {
    return (await link.run('step', [wanted, done], args)) as StepClaimed
  } catch {
    return 'away'
  }
}
