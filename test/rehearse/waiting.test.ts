// Who waits for a page: each is looked at once, and whoever goes meanwhile takes nobody along.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Visitor } from '../../src/rehearse/visitors.ts'
import { Waiting } from '../../src/rehearse/waiting.ts'

const visitor = (): Visitor => ({ view: { place: -1 } }) as Visitor

test('each who waits is looked at once, also when some go while they are looked at', () => {
  const waiting = new Waiting()
  const all = Array.from({ length: 10 }, visitor)
  for (const each of all) waiting.add(each)
  const seen: Visitor[] = []
  waiting.each(each => {
    seen.push(each)
    if (all.indexOf(each) % 3 === 0) waiting.remove(each)
  })
  assert.deepEqual(new Set(seen), new Set(all))
  assert.equal(seen.length, 10)
  assert.equal(waiting.size, 6)
})

test('whoever goes leaves all others waiting, in whatever order they came', () => {
  const waiting = new Waiting()
  const [first, second, third] = [visitor(), visitor(), visitor()]
  for (const each of [first, second, third]) waiting.add(each)
  waiting.remove(first)
  waiting.remove(third)
  waiting.add(first)
  const left: Visitor[] = []
  waiting.each(each => left.push(each))
  assert.deepEqual(new Set(left), new Set([first, second]))
})
