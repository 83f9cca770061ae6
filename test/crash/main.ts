// `npm run crash:collect -- --runs 200 --seed 1`: forms flow, shield and origin are killed at random moments, while in
// turn nothing else, the disk, the clock or the journal's bound troubles it, and some are erased; afterwards all that was acknowledged is accounted for. A run is repeated by its seed.

import { parseArgs } from 'node:util'
import { freshSeed } from '../../src/base/random.ts'
import { KINDS, crashRun } from './run.ts'

const { runs, seed } = parseArgs({
  options: { runs: { type: 'string', default: '20' }, seed: { type: 'string', default: String(freshSeed()) } },
}).values

let failed = 0
for (let i = 0; i < Number(runs); i++) {
  const [kind, its] = [KINDS[i % KINDS.length]!, Number(seed) + i]
  const broken = (error: unknown) => ({ seed: its, kind, faults: [String(error)] })
  const { faults, ...figures } = await crashRun(its, kind).catch(broken)
  const words = Object.entries(figures).map(([name, value]) => `${name} ${value}`)
  console.log(`${words.join(', ')}${faults.length === 0 ? '' : `: ${faults.slice(0, 10).join('; ')}`}`)
  if (faults.length > 0) failed++
}
console.log(`${Number(runs) - failed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
