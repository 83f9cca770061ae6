// The life of a collected form: whatever happens to it, in whatever order, it is never lost and never sent twice to an
// origin that cannot tell.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as holds, constant, oneof, property } from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { OPEN, next } from '../../src/forms/states.ts'
import type { FormEvent, Patience, Progress } from '../../src/forms/states.ts'

const fresh: Progress = { state: 'waiting', tries: 0, due: 0, status: 0, reason: null }
const patience: Patience = { duplicates: false, probes: false, tries: 3, deadline: Infinity }
const after = (events: FormEvent[], how = patience, from = fresh): Progress =>
  events.reduce((progress, event) => next(progress, event, how, 1000) ?? progress, from)

test('a form is sent, and delivered', () => {
  const end = after([{ type: 'send' }, { type: 'delivered', status: 303 }])
  assert.deepEqual(end, { state: 'delivered', tries: 1, due: 0, status: 303, reason: null })
})

test('one that the origin refuses is rejected, with its reason', () => {
  const end = after([{ type: 'send' }, { type: 'rejected', status: 422, reason: 'no such petition' }])
  assert.deepEqual([end.state, end.status, end.reason], ['rejected', 422, 'no such petition'])
})

test('an origin that cannot now is tried again later, and after so many tries a person decides', () => {
  const failed: FormEvent = { type: 'failed', status: 503, reason: 'busy', wait: 50 }
  const once = after([{ type: 'send' }, failed])
  assert.deepEqual([once.state, once.due], ['retry', 1050])
  const often = after([{ type: 'send' }, failed, { type: 'send' }, failed, { type: 'send' }, failed])
  assert.deepEqual([often.state, often.tries], ['set-aside', 3])
})

test('an origin that was never reached costs no try', () => {
  const events: FormEvent[] = [{ type: 'send' }, { type: 'unsent', reason: 'connect-failed', wait: 10 }]
  const end = after([...events, ...events, ...events, ...events])
  assert.deepEqual([end.state, end.tries], ['retry', 0])
})

test('sent without an answer it is set aside, unless the origin can tell', () => {
  const lost: FormEvent[] = [{ type: 'send' }, { type: 'lost', reason: 'origin-reset', wait: 10 }]
  assert.equal(after(lost).state, 'set-aside')
  assert.equal(after(lost, { ...patience, duplicates: true }).state, 'retry')
  const asked = after(lost, { ...patience, probes: true })
  assert.equal(asked.state, 'unknown')
  const probed = (found: boolean | null) =>
    next(asked, { type: 'probed', found, wait: 10 }, { ...patience, probes: true }, 2000)?.state
  assert.deepEqual([probed(true), probed(false), probed(null)], ['delivered', 'retry', 'unknown'])
})

test('beyond its deadline nothing is sent', () => {
  const late = next(fresh, { type: 'look' }, { ...patience, deadline: 999 }, 1000)
  assert.deepEqual([late?.state, late?.reason], ['set-aside', 'deadline'])
})

test('what is in flight is left alone by people, and what is erased stays erased', () => {
  const flying = after([{ type: 'send' }])
  for (const type of ['again', 'put-aside', 'erase'] as const)
    assert.equal(next(flying, { type }, patience, 0), undefined)
  const erased = after([{ type: 'erase' }])
  assert.equal(next(erased, { type: 'again' }, patience, 0), undefined)
})

const events: Arbitrary<FormEvent> = oneof(
  ...(['send', 'look', 'again', 'put-aside', 'erase'] as const).map(type => constant({ type })),
  constant<FormEvent>({ type: 'delivered', status: 200 }),
  constant<FormEvent>({ type: 'rejected', status: 400, reason: 'no' }),
  constant<FormEvent>({ type: 'failed', status: 503, reason: 'busy', wait: 1 }),
  constant<FormEvent>({ type: 'unsent', reason: 'connect-failed', wait: 1 }),
  constant<FormEvent>({ type: 'lost', reason: 'origin-reset', wait: 1 }),
)

test('in any order of events: what ended stays ended but for a person, and nobody sends twice where the origin cannot tell', () => {
  holds(
    property(array(events, { maxLength: 30 }), all => {
      let now = fresh
      let mayHaveArrived = false
      for (const event of all) {
        const then = next(now, event, patience, 0)
        if (event.type === 'again') mayHaveArrived = false
        if (then === undefined) continue
        if (event.type === 'send') assert.ok(!mayHaveArrived, 'sent again')
        if (event.type === 'lost' || event.type === 'delivered') mayHaveArrived = true
        const isPerson = ['again', 'put-aside', 'erase'].includes(event.type)
        assert.ok(OPEN.has(now.state) || isPerson, `${event.type} in ${now.state}`)
        assert.ok(then.tries >= 0 && then.tries <= patience.tries)
        now = then
      }
    }),
  )
})
