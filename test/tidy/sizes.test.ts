// Files stay short enough to be read at one go. The lint rule max-lines-per-function (70) does the same for functions.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { below, read, tracked } from './tree.ts'

const MOST_LINES = 400

/** Files that are longer, each with the reason why it is not two. */
const longer: Record<string, string> = {
  'src/core/flights.ts':
    'One state machine: whoever changes one of its transitions has to see the others, and all of them share its state.',
}

const linesOf = (path: string): number => read(path).split('\n').length - 1
const code = tracked.filter(path => /\.(ts|mjs)$/.test(path))

test(`no file has more than ${MOST_LINES} lines without a reason`, context => {
  const lengths = below('src')
    .map(linesOf)
    .sort((a, b) => a - b)
  context.diagnostic(`the median file of src has ${lengths[lengths.length >> 1]} lines`)
  const tooLong = code.filter(path => linesOf(path) > MOST_LINES && !Object.hasOwn(longer, path))
  assert.deepEqual(
    tooLong.map(path => `${path}: ${linesOf(path)} lines`),
    [],
  )
})

test('no file is excused that is short enough', () => {
  const excused = Object.keys(longer).filter(path => !code.includes(path) || linesOf(path) <= MOST_LINES)
  assert.deepEqual(excused, [])
})
