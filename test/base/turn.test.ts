// What is done at the end of a turn: all of it, in order, and what it asks for in turn after it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { atTurnsEnd } from '../../src/base/turn.ts'

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('jobs are done in their order, once, and only when the turn has ended', async () => {
  const done: number[] = []
  for (const n of [1, 2, 3]) atTurnsEnd({ due: () => void done.push(n) })
  await Promise.resolve()
  assert.deepEqual(done, [])
  await nextTurn()
  assert.deepEqual(done, [1, 2, 3])
  await nextTurn()
  assert.deepEqual(done, [1, 2, 3])
})

test('a job that asks for another is followed by it a turn later', async () => {
  const done: string[] = []
  atTurnsEnd({
    due: () => {
      done.push('first')
      atTurnsEnd({ due: () => void done.push('second') })
    },
  })
  await nextTurn()
  assert.deepEqual(done, ['first'])
  await nextTurn()
  assert.deepEqual(done, ['first', 'second'])
})
