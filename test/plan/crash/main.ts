// `npm run crash:plan -- --runs N --seed S`: kills the plan at every step of a runbook and accounts for each do and its undo.

import { parseArgs } from 'node:util'
import { freshSeed } from '../../../src/base/random.ts'
import { crash } from './crash.ts'

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } })
const seed = values.seed === undefined ? freshSeed() : Number(values.seed)
const runs = Number(values.runs ?? 52)
let [passed, failed, kills] = [0, 0, 0]

console.log(`seed ${seed}`)
for (let n = 0; n < runs; n++) {
  const account = await crash(seed, n)
  kills += account.kills
  if (account.wrong.length === 0) passed++
  else {
    failed++
    console.log(`run ${n}, killed at ${account.at.join(' / ')}: ${account.wrong.join('; ')}`)
  }
  if ((n + 1) % 10 === 0) console.log(`${n + 1} runs, ${kills} kills`)
}
console.log(`${kills} kills`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
