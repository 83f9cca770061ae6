// The core thread: ports and orders on one side, Core on the other.

import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { Board, GlobalWord } from '../board/board.ts'
import { tellDelay } from '../board/pulse.ts'
import type { ClusterNode } from '../cluster/node.ts'
import { keepCompiledCode } from '../threads/compiled.ts'
import { Channel } from '../threads/channel.ts'
import { createLog } from '../threads/log.ts'
import type { Birth, CoreToWatch, Order, Report, WatchToCore } from '../threads/messages.ts'
import { answerWatch } from './commands.ts'
import { Core } from './core.ts'
import { joinCluster } from './joining.ts'

keepCompiledCode()

const report = (message: Report): void => parentPort!.postMessage(message)
const surroundings = {
  birth: workerData as Birth,
  clock: systemClock,
  random: systemRandom,
  log: createLog(report),
}
const core = new Core(surroundings)
const joining = joinCluster(core, surroundings)
let cluster: ClusterNode | undefined
let hasLeft = false
void joining.then(node => (cluster = node))
tellDelay(new Board((workerData as Birth).board).global, GlobalWord.coreDelay)
/** Milliseconds between two words to a successor. */
const TELL_LOADS = 100
let watch: Channel<CoreToWatch, WatchToCore> | undefined

function obey(order: Order): void {
  switch (order.type) {
    case 'config':
      core.configure(order.config)
      cluster?.configure(order.config)
      return report({ type: 'config-applied' })
    case 'config-everywhere':
      return core.configEverywhere()
    case 'edge':
      return core.connect(order.slot, new Channel(order.port))
    case 'edge-gone':
      core.edgeGone(order.slot)
      return report({ type: 'edge-forgotten', slot: order.slot })
    case 'watch':
      return hearWatch(order.port)
    case 'drain':
      return void end()
    case 'journal':
      return core.connectJournal(new Channel(order.port))
    case 'let-go':
      return void letGo()
    case 'beside':
      return core.succession.standBeside(order.origins)
    case 'void':
      return core.succession.takeOut(order.gone, () => report({ type: 'voided', id: order.id }))
    case 'part':
    case 'rest':
    case 'former-edge':
    case 'handing-over':
    case 'forms':
    case 'core':
    case 'state':
    case 'reloaded':
    case 'sums':
    case 'status-page':
    case 'certificates':
  }
}

function hearWatch(port: MessagePort): void {
  watch?.close()
  const channel = new Channel<CoreToWatch, WatchToCore>(port)
  channel.onMessage(message =>
    answerWatch(
      core,
      systemClock,
      message,
      answer => channel.send(answer),
      () => cluster,
    ),
  )
  watch = channel
}

/** A successor has taken over: it hears what is still in flight, so that in sum the origins bear no more than one of us may send. */
async function letGo(): Promise<void> {
  core.succession.letGo()
  await leaveCluster()
  const tell = (): void => report({ type: 'beside', origins: core.origins.loads })
  tell()
  setInterval(tell, TELL_LOADS).unref()
}

/** In its successor this node joins anew. */
async function leaveCluster(): Promise<void> {
  const node = await joining
  if (hasLeft) return
  hasLeft = true
  await node?.leave()
}

/** The edges have finished before: nobody waits any more. */
async function end(): Promise<void> {
  await leaveCluster()
  core.close()
  watch?.close()
  report({ type: 'drained' })
  parentPort!.close()
}

parentPort!.on('message', obey)
report({ type: 'ready', detail: {} })
