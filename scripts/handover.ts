// `npm run handover -- --requests 100000`: load on kept and on new connections, and forms, while one process after another takes the
// place of the one that serves. Ends with 1 when a request failed, or an acknowledged form was lost or came twice.

import { parseArgs } from 'node:util'
import { handingOver } from '../test/whole/fixtures/handing-over.ts'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    handovers: { type: 'string', default: '5' },
  },
})
const { requests, failed, handovers, forms, slowest, longest, report } = await handingOver({
  ...{ requests: Number(values.requests), handovers: Number(values.handovers), rest: 0 },
  progress: text => console.log(text),
})
console.log(report)
console.log(`${forms.acknowledged} forms acknowledged, ${forms.lost} lost, ${forms.twice} delivered twice`)
console.log(
  `a new connection waited ${slowest} ms at most; the next process served within ${longest} ms of the command`,
)
console.log(`${handovers} hand-overs`)
console.log(`${requests} requests, ${failed} failed`)
process.exitCode = failed + forms.lost + forms.twice === 0 ? 0 : 1
