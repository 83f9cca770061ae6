// `npm run crash:cluster -- --runs N --seed S`: three nodes, a real server and visitors at all of them, and what goes wrong with machines
// and networks. Afterwards the origin was never past its limit, no hit was interrupted, every purge that a node said it had holds there, every form that was acknowledged is at the
// site or with a person, once, and whoever waited was let in, out of turn by no more than things were wrong for.

import { parseArgs } from 'node:util'
import { freshSeed } from '../../../src/base/random.ts'
import { KINDS, crashRun } from './run.ts'
import type { Kind } from './run.ts'

const { values } = parseArgs({
  options: { runs: { type: 'string' }, seed: { type: 'string' }, kind: { type: 'string' } },
})
const seed = values.seed === undefined ? freshSeed() : Number(values.seed)
const runs = Number(values.runs ?? KINDS.length)
const only = KINDS.find(kind => kind === values.kind)
if (
  !Number.isInteger(seed) ||
  !Number.isInteger(runs) ||
  runs < 1 ||
  (values.kind !== undefined && only === undefined)
) {
  console.error(`Say --runs and --seed as whole numbers, and --kind as one of ${KINDS.join(', ')}.`)
  process.exit(2)
}
const median = (times: readonly number[]): string =>
  times.toSorted((a, b) => a - b)[times.length >> 1]?.toFixed(1) ?? '-'
let [passed, failed] = [0, 0]

console.log(`seed ${seed}`)
for (let n = 0; n < runs; n++) {
  const kind: Kind = only ?? KINDS[n % KINDS.length]!
  const { faults, purges, hits, forms, letIn, late, outage, by, most, limit, times } = await crashRun(seed + n, kind)
  const counted = `${by === null ? '' : `by ${by}, `}${hits} hits, ${purges} purges, ${forms} forms acknowledged, ${letIn} visitors let in (at most ${(late / 1000).toFixed(1)} s out of turn, ${(outage / 1000).toFixed(1)} s of outage), at most ${most} of ${limit} at the origin, purges on all nodes within ${median(times)} ms (median)`
  console.log(`run ${n}, seed ${seed + n}, ${kind}: ${counted}${faults.length === 0 ? '' : `: ${faults.join('; ')}`}`)
  if (faults.length === 0) passed++
  else failed++
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
