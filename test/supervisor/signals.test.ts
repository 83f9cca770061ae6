// What a signal makes the process do.

import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { it } from 'node:test'
import { ManualClock } from '../../src/base/clock.ts'
import { SAME_SIGNAL, obeySignals } from '../../src/supervisor/signals.ts'

function listener() {
  const done: string[] = []
  const process = new EventEmitter()
  const supervisor = {
    drain: () => Promise.resolve(done.push('drain')),
    reload: () => Promise.resolve([String(done.push('reload'))]),
  }
  const clock = new ManualClock()
  obeySignals(process, supervisor, code => done.push(`exit ${code}`), clock)
  return { process, done, later: () => clock.advance(SAME_SIGNAL + 1) }
}

it('drains at the first signal to end and ends at once at the second', () => {
  const { process, done, later } = listener()
  process.emit('SIGTERM')
  later()
  process.emit('SIGTERM')
  assert.deepEqual(done, ['drain', 'exit 143'])
})

it('takes the two signals to end for one another', () => {
  const { process, done, later } = listener()
  process.emit('SIGTERM')
  later()
  process.emit('SIGINT')
  assert.deepEqual(done, ['drain', 'exit 130'])
})

it('takes what comes twice at the same moment, through terminal and npm, for one', () => {
  const { process, done } = listener()
  process.emit('SIGINT')
  process.emit('SIGINT')
  assert.deepEqual(done, ['drain'])
})

it('loads the config anew at each SIGHUP', () => {
  const { process, done } = listener()
  process.emit('SIGHUP')
  process.emit('SIGHUP')
  assert.deepEqual(done, ['reload', 'reload'])
})
