// What is kept in the repository says nothing of the machine or the network on which it was written.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { read, tracked } from './tree.ts'

const BINARY = /\.(png|jpe?g|gif|ico|webp|woff2?|gz|br|bin|sqlite)$/
/** In pieces, so that this file does not find itself. */
const HOME_FOLDERS = new RegExp(
  ['/work', '/home/\\w+', '/root', '/Users/\\w+', 'C:\\\\Users'].map(path => `(?<![\\w.~-])${path}[/\\\\]`).join('|'),
)
const REGISTRIES = /\bregistry\.npm|\bnpm[j]s\.org|\byarn[p]kg\.com|\bnpm[m]irror\./

const texts = tracked.filter(path => !BINARY.test(path) && path !== 'test/tidy/machine.test.ts')
const naming = (pattern: RegExp): string[] => texts.filter(path => pattern.test(read(path)))

test('no file names a folder of the machine it was written on', () => {
  assert.deepEqual(naming(HOME_FOLDERS), [])
})

test('no file names the host of a package registry', () => {
  assert.deepEqual(naming(REGISTRIES), [])
})

test('the lock file says what is installed, not from where', () => {
  assert.doesNotMatch(read('package-lock.json'), /"resolved"/)
  assert.match(read('package-lock.json'), /"integrity"/)
})
