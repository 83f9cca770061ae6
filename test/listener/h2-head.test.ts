// A head of HTTP/2 in the lines of HTTP/1.1: the judge of the slow lane takes it as it was meant, or refuses it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rawHeadOf } from '../../src/listener/h2/head.ts'
import { checkHead } from '../../src/listener/slow/head.ts'

const limits = {
  ...{ targetBytes: 8192, headerBytes: 32_768, headerCount: 100, requestBody: 1000 },
  ...{ headTimeout: 0, idleTimeout: 0, bodyTimeout: 0, sendTimeout: 0, leastRate: 0 },
}
const plain = [':method', 'GET', ':scheme', 'https', ':authority', 'shop.example', ':path', '/a?b=c']
const judged = (raw: string[], ends = true) => checkHead(rawHeadOf(raw, ends), limits)
const changed = (name: string, value: string): string[] =>
  plain.map((each, i) => (plain[i - 1] === name && i % 2 === 1 ? value : each))

test('target, host and fields are as they were, crumbs of cookies one field', () => {
  const { head } = judged([...plain, 'cookie', 'a=1', 'accept', '*/*', 'cookie', 'b=2'])
  assert.ok(head !== undefined)
  assert.deepEqual([head.method, head.target, head.host, head.length], ['GET', '/a?b=c', 'shop.example', 0])
  assert.deepEqual(head.fields, ['host', 'shop.example', 'accept', '*/*', 'cookie', 'a=1; b=2'])
  // Without :authority the field Host says it; the same twice is the same.
  const without = plain.filter((_, i) => i !== 4 && i !== 5)
  assert.equal(judged([...without, 'host', 'shop.example']).head?.host, 'shop.example')
  assert.equal(judged([...plain, 'host', 'shop.example']).head?.host, 'shop.example')
  assert.equal(judged(without).refuse, 'bad-request')
})

test('a body has the length that was said, or goes on until its end', () => {
  assert.equal(judged(changed(':method', 'POST'), false).head?.length, undefined)
  assert.ok(judged(changed(':method', 'POST'), false).head !== undefined)
  assert.equal(judged([...changed(':method', 'POST'), 'content-length', '7'], false).head?.length, 7)
  assert.equal(judged([...plain, 'content-length', '7', 'content-length', '8'], false).refuse, 'bad-request')
  assert.equal(judged([...plain, 'content-length', '1001'], false).refuse, 'body-too-large')
})

test('what could be meant otherwise by somebody else is refused', () => {
  assert.equal(judged([...plain, 'host', 'other.example']).refuse, 'bad-request')
  for (const path of ['http://other.example/', 'a', '', '//x y', '/ä', '*'])
    assert.equal(judged(changed(':path', path)).refuse, 'bad-request', path)
  assert.equal(judged(changed(':scheme', 'ftp')).refuse, 'bad-request')
  assert.equal(judged(changed(':authority', 'a@b')).refuse, 'bad-request')
  assert.equal(judged(changed(':method', 'CONNECT')).refuse, 'method-refused')
  assert.equal(judged([...plain, 'content_length', '7']).refuse, 'bad-request')
  assert.equal(judged(changed(':method', 'OPTIONS').map(each => (each === '/a?b=c' ? '*' : each))).head?.target, '*')
})
