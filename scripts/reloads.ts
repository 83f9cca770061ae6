// `npm run reloads -- --seconds 60`: wrk at full load against the whole program across 20 config reloads. Ends with 1 when
// it counted an error.

import { parseArgs } from 'node:util'
import { reloading } from '../test/whole/fixtures/reloading.ts'

const { seconds, reloads } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, reloads: { type: 'string', default: '20' } },
}).values
const result = await reloading({ seconds: Number(seconds), reloads: Number(reloads), rest: 0 })
console.log(result.report)
console.log(`${result.requests} requests, ${result.errors} errors, ${result.reloads} reloads`)
process.exitCode = result.errors === 0 ? 0 : 1
