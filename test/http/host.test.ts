// The Host field (RFC 9110 section 7.2) and status codes (section 15).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseHost } from '../../src/http/host.ts'
import {
  hasNoBody,
  isHeuristicallyCacheable,
  isNeverStored,
  isUnderstood,
  reasonPhrase,
  statusLine,
} from '../../src/http/status.ts'

test('names and addresses are lower-cased and split from their port', () => {
  assert.deepEqual(parseHost('Example.ORG:8080'), { name: 'example.org', port: 8080, authority: 'example.org:8080' })
  assert.deepEqual(parseHost('127.0.0.1'), { name: '127.0.0.1', port: undefined, authority: '127.0.0.1' })
  assert.deepEqual(parseHost('[2001:DB8::1]:1'), { name: '[2001:db8::1]', port: 1, authority: '[2001:db8::1]:1' })
  assert.equal(parseHost('a_b.example.:')!.authority, 'a_b.example.')
})

test('anything else is refused', () => {
  const refused = [
    ...[
      '',
      ' ',
      'a b',
      ' a',
      'a/',
      'a?',
      'a#',
      'u@a',
      'a:0',
      'a:65536',
      'a:x',
      'a:1:2',
      'a%00',
      '-a',
      'a-',
      '.a',
      'a..b',
    ],
    ...[
      '::1',
      '[::1',
      '[g::]',
      '[::1%eth0]',
      '[::1]x',
      'a,b',
      "a'b",
      'a\\b',
      'ü',
      'a'.repeat(64),
      `${'a.'.repeat(130)}a`,
    ],
  ]
  for (const value of refused) assert.equal(parseHost(value), undefined, value)
})

test('a host that was read is read again the same', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.webAuthority(),
        fc.ipV6().map(ip => `[${ip}]`),
        fc.string({ unit: 'binary' }),
      ),
      value => {
        const host = parseHost(value)
        if (host !== undefined) assert.deepEqual(parseHost(host.authority), host)
      },
    ),
  )
})

test('status codes are what RFC 9110 and RFC 6585 make of them', () => {
  for (const status of [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])
    assert.ok(isHeuristicallyCacheable(status), `${status}`)
  for (const status of [201, 206, 302, 307, 403, 500, 503, 599])
    assert.ok(!isHeuristicallyCacheable(status), `${status}`)
  for (const status of [299, 499, 599, 206, 304]) assert.ok(!isUnderstood(status), `${status}`)
  for (const status of [100, 103, 206, 304, 412, 416, 428, 429, 431, 511]) assert.ok(isNeverStored(status), `${status}`)
  for (const status of [200, 299, 404, 499, 503, 599]) assert.ok(!isNeverStored(status), `${status}`)
  assert.deepEqual([101, 204, 304, 200, 404].map(hasNoBody), [true, true, true, false, false])
  assert.equal(reasonPhrase(599), 'Unknown')
  assert.equal(statusLine(404), 'HTTP/1.1 404 Not Found\r\n')
})
