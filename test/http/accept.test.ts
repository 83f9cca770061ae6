// Content negotiation by media type.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { preferredType } from '../../src/http/accept.ts'

const offers = ['text/html', 'application/json'] as const
const choice = (accept: string) => preferredType(['Accept', accept], offers)

test('a client that says nothing gets the first offer', () => {
  assert.equal(preferredType([], offers), 'text/html')
  assert.equal(choice(' '), 'text/html')
  assert.equal(choice('*/*'), 'text/html')
})

test('a browser gets the page and a program its JSON', () => {
  assert.equal(choice('text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'), 'text/html')
  assert.equal(choice('application/json'), 'application/json')
  assert.equal(choice('application/json, text/plain, */*'), 'text/html')
})

test('the quality decides, whatever the order', () => {
  assert.equal(choice('text/html;q=0.5, application/json'), 'application/json')
  assert.equal(choice('text/html;level=1;q=0.5, application/json;q=0.499'), 'text/html')
})

test('a more specific range overrides a wider one', () => {
  assert.equal(choice('text/html;q=0, */*'), 'application/json')
  assert.equal(choice('text/*;q=0.1, application/*;q=0.2'), 'application/json')
})

test('lines of the field are read as one list, and names are compared without case', () => {
  assert.equal(preferredType(['accept', 'Text/HTML;q=0.1', 'ACCEPT', 'APPLICATION/json'], offers), 'application/json')
})

test('nothing acceptable is told apart from no preference', () => {
  assert.equal(choice('image/png'), undefined)
  assert.equal(choice('text/html;q=0.0, application/json;q=0'), undefined)
})

test('garbage is survived', () => {
  for (const accept of [',,,', ';;', '/', 'q=1', 'text', '*/html', ','.repeat(30_000)]) choice(accept)
})
