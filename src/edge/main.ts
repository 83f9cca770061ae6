// The edge thread: accepts, answers hits, and leads everything else through the line of rooms.

import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { formatListenAddress } from '../config/kinds/network.ts'
import { keepCompiledCode } from '../threads/compiled.ts'
import { createLog } from '../threads/log.ts'
import type { Birth, Order, Report } from '../threads/messages.ts'
import { Edge } from './edge.ts'

keepCompiledCode()
const birth = workerData as Birth
const report = (message: Report) => parentPort!.postMessage(message)
const edge = new Edge(birth, systemClock, createLog(report))

parentPort!.on('message', obey)
if (birth.core !== null) edge.connect(birth.core)
// An address that cannot be had throws, and the supervisor tells the person at the terminal what to change.
report({ type: 'listening', sockets: await edge.listen(birth.sockets) })
report({ type: 'ready', detail: { listen: birth.config.listen.map(formatListenAddress) } })

setInterval(() => {
  const sums = edge.takeSums()
  if (sums.routes.length + sums.blockers.length + sums.proofs.length > 0) report({ type: 'sums', ...sums })
}, 1000)

function obey(order: Order): void {
  if (order.type === 'core') edge.connect(order.port)
  else if (order.type === 'forms') edge.connectForms(order.port)
  else if (order.type === 'status-page') edge.status.update(order.files)
  else if (order.type === 'certificates') edge.showCertificates(order.answers)
  else if (order.type === 'config') {
    edge.configure(order.config)
    report({ type: 'config-applied' })
  } else if (order.type === 'part') edge.part()
  else if (order.type === 'drain') {
    void edge.drain(order.within).then(() => {
      report({ type: 'drained' })
      process.exit(0)
    })
  }
}
