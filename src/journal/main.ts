// The journal thread, which alone waits for the disk. It is ready when the stored responses of the process before are back
// in memory, so that visitors come to a warm cache; but not later than that takes, since they wait.

import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { Board, EdgeWord, GlobalWord, MAX_EDGES } from '../board/board.ts'
import { tellDelay } from '../board/pulse.ts'
import { StoreIndex } from '../store/index.ts'
import { Segments } from '../store/segments.ts'
import { keepCompiledCode } from '../threads/compiled.ts'
import { Channel } from '../threads/channel.ts'
import { createLog } from '../threads/log.ts'
import type { Birth, CoreToJournal, JournalToCore, Order, Report } from '../threads/messages.ts'
import { CoreLink } from './core-link.ts'
import { LargeFiles } from './large-files.ts'
import { StoreCopy } from './store-copy.ts'

/** Milliseconds that loading may take: the supervisor gives a thread 30 s to be ready. */
const LOAD_WITHIN = 20_000
/** After this a disk that does not answer at all is not waited for either. */
const READY_WITHIN = 25_000
/** Milliseconds that core gets to say its last words, once both were told to end. */
const LAST_WORDS_WITHIN = 1000

keepCompiledCode()
const birth = workerData as Birth
const report = (message: Report): void => parentPort!.postMessage(message)
const log = createLog(report)
const board = new Board(birth.board)
const row = board.edge(MAX_EDGES - 1)
tellDelay(board.global, GlobalWord.journalDelay)
const core = new CoreLink()
const index = new StoreIndex(birth.store.index, new Segments(birth.store.segments))
const large = new LargeFiles(join(birth.config.data, 'large'), index)
const copy = new StoreCopy({
  ...{ index, large },
  directory: join(birth.config.data, 'store'),
  clock: systemClock,
  loadWithin: LOAD_WITHIN,
  ...{ core, log },
})
/** Settles when core hears nothing more. */
let lastWord = Promise.resolve()

function connect(port: MessagePort): void {
  const channel = new Channel<JournalToCore, CoreToJournal>(port)
  const closed = Promise.withResolvers<void>()
  lastWord = closed.promise
  channel.onClose(closed.resolve)
  core.connect(channel)
  channel.onMessage(hear)
}

function hear(message: CoreToJournal): void {
  switch (message.type) {
    case 'begin':
      return copy.begin(message.load)
    case 'stored':
      return copy.stored(message.ref, message.serial)
    case 'removed':
      for (const key of message.keys) copy.removed(Buffer.from(key, 'latin1'))
      return
    case 'purged':
      return copy.purged(Buffer.from(message.prefix, 'latin1'), message.serial, message.soft)
    case 'tagged':
      return copy.tagged(message.hashes, message.soft)
    case 'dropped':
      return void large.remove(message.name)
    case 'settle':
      return copy.settle(message.id, message.durable)
    case 'epoch':
      // All records named before are copied by now.
      return void Atomics.store(row, EdgeWord.epoch, message.epoch)
    case 'placed':
      return core.answered(message.id, message.refs)
    case 'restored':
      return core.answered(message.id, [])
  }
}

function obey(order: Order): void {
  if (order.type === 'core') connect(order.port)
  else if (order.type === 'config') report({ type: 'config-applied' })
  else if (order.type === 'drain') void end()
}

/** Core ends in the same turn: what it said before its end is still written. */
async function end(): Promise<void> {
  await Promise.race([lastWord, after(LAST_WORDS_WITHIN)])
  large.close()
  await copy.close()
  core.close()
  report({ type: 'drained' })
  process.exit(0)
}

const after = (ms: number): Promise<boolean> => new Promise(resolve => setTimeout(resolve, ms, true))

parentPort!.on('message', obey)
if (birth.core !== null) connect(birth.core)
setInterval(() => core.tell(copy.state), 1000)
large.watch()
if (await Promise.race([copy.opened, after(READY_WITHIN)])) {
  log('warn', 'store-not-loaded', { why: 'the disk, or core, has not answered in time', withinMs: READY_WITHIN })
}
core.tell(copy.state)
report({ type: 'ready', detail: { restored: copy.state.restored } })
