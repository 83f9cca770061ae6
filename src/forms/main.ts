// The forms thread: ports and orders on one side, the journal of collected forms on the other. It has a thread of its own
// because each commit waits for the disk with everything else in the thread; the journal of stored responses must
// acknowledge epochs meanwhile, or nothing more could be stored while a disk is slow.

import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { Board, GlobalWord } from '../board/board.ts'
import { Modes } from '../board/modes.ts'
import { tellDelay } from '../board/pulse.ts'
import { keepCompiledCode } from '../threads/compiled.ts'
import { Channel } from '../threads/channel.ts'
import { FORMER } from '../threads/forms.ts'
import type { FormsToWatch, WatchToForms } from '../threads/forms.ts'
import { createLog } from '../threads/log.ts'
import type { Birth, Order, Report } from '../threads/messages.ts'
import { Forms } from './forms.ts'
import { answerWatch } from './people.ts'

/** Milliseconds between two looks at what can be sent. */
const RUN_EVERY = 20

keepCompiledCode()
const birth = workerData as Birth
const report = (message: Report): void => parentPort!.postMessage(message)
const board = new Board(birth.board)
tellDelay(board.global, GlobalWord.formsDelay)
const forms = new Forms({
  config: birth.config,
  modes: new Modes(board),
  clock: systemClock,
  random: systemRandom,
  log: createLog(report),
})
let watch: Channel<FormsToWatch, WatchToForms> | undefined

function obey(order: Order): void {
  switch (order.type) {
    case 'config':
      forms.configure(order.config)
      return report({ type: 'config-applied' })
    case 'edge':
      return forms.connect(order.slot, new Channel(order.port))
    case 'former-edge':
      return forms.connect(FORMER + order.slot, new Channel(order.port))
    case 'rest':
      forms.isResting = true
      return
    case 'watch':
      return hearWatch(order.port)
    case 'drain':
      return void end()
    case 'edge-gone':
    case 'config-everywhere':
    case 'journal':
    case 'forms':
    case 'core':
    case 'part':
    case 'let-go':
    case 'beside':
    case 'void':
    case 'handing-over':
    case 'state':
    case 'sums':
    case 'status-page':
    case 'certificates':
    case 'reloaded':
  }
}

function hearWatch(port: MessagePort): void {
  watch?.close()
  const channel = new Channel<FormsToWatch, WatchToForms>(port)
  channel.onMessage(message => void answerWatch(forms, message).then(answer => channel.send(answer)))
  watch = channel
}

/** The edges have finished before: nothing is in flight any more. */
async function end(): Promise<void> {
  await forms.close()
  watch?.close()
  report({ type: 'drained' })
  process.exit(0)
}

parentPort!.on('message', obey)
setInterval(() => {
  forms.run()
  if (forms.isResting && forms.isAtRest) report({ type: 'at-rest' })
}, RUN_EVERY)
setInterval(() => {
  forms.look()
  watch?.send({ type: 'status', status: forms.status })
}, 1000)
report({ type: 'ready', detail: {} })
