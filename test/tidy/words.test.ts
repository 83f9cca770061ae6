// What may not stand in the sources: names that say nothing, work left over, output past the log, tests that do not run.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { below, read, tracked } from './tree.ts'

/** Everything and nothing: a file of such a name takes in whatever comes along. */
const EMPTY_NAMES = new Set(['util', 'utils', 'helper', 'helpers', 'manager', 'misc', 'common', 'shared', 'lib'])
const LEFT_OVER = /\b(TODO|FIXME|XXX|HACK)\b/
/** A test may find out that the machine lacks a program and say so with `t.skip(reason)`; nothing else leaves a test out. */
const NOT_RUN = /\b(test|it|describe|suite)\.(skip|only|todo)\b|\b(skip|todo): (true|['"`])|\bonly: true/

const code = tracked.filter(path => /\.(ts|mjs|js)$/.test(path))

/** "path:line: text" of every line that matches. */
const found = (paths: readonly string[], pattern: RegExp): string[] =>
  paths.flatMap(path =>
    read(path)
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
  )

const words = (path: string): string[] => path.split('/').flatMap(step => step.split(/[.-]/))
const others = code.filter(path => path !== 'test/tidy/words.test.ts')

test('no file or folder has a name that says nothing', () => {
  assert.deepEqual(
    tracked.filter(path => words(path).some(name => EMPTY_NAMES.has(name.toLowerCase()))),
    [],
  )
})

test('nothing is left to be done in a comment', () => {
  assert.deepEqual(found(others, LEFT_OVER), [])
})

test('only the command line writes to the terminal', () => {
  const silent = below('src').filter(path => !path.startsWith('src/cli/'))
  assert.deepEqual(found(silent, /\bconsole\.|\bprocess\.(stdout|stderr)\b/), [])
})

test('every file begins by saying what it is', () => {
  const mute = code.filter(path => !/^(#!.*\n)?(\/\/ |\/\*)/.test(read(path)))
  assert.deepEqual(mute, [])
})

test('every test runs: none is skipped for good, and none keeps the others from running', () => {
  assert.deepEqual(
    found(
      others.filter(path => path.startsWith('test/')),
      NOT_RUN,
    ),
    [],
  )
})
