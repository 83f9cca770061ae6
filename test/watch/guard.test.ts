// Who may ask what of the admin address.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judge } from '../../src/watch/guard.ts'
import type { Credentials } from '../../src/watch/guard.ts'

const rules = { hosts: ['breakwater.internal', '*.ops.example.org'], token: 'correct-horse-battery' }
const from = (more: Partial<Credentials> = {}): Credentials => ({
  hosts: ['127.0.0.1:9900'],
  origin: undefined,
  secFetchSite: undefined,
  authorization: 'Bearer correct-horse-battery',
  ...more,
})
const status = (more: Partial<Credentials>, changes = false) => judge(from(more), rules, changes)?.status

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`

describe('guard of the admin address', () => {
  it('knows localhost, IP addresses and the configured names, with any port', () => {
    for (const host of [
      'localhost',
      'LOCALHOST:1',
      '127.0.0.1',
      '[::1]:9900',
      '10.0.0.7:80',
      'breakwater.internal',
      'a.ops.example.org',
      'localhost.',
    ])
      assert.equal(status({ hosts: [host] }), undefined, host)
  })

  it('refuses every other name, so that a web page cannot come in through one of its own', () => {
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      'ops.example.org',
      '127.0.0.1.evil.example',
      '',
      'breakwater.internal.evil',
    ])
      assert.equal(status({ hosts: [host] }), 403, host)
  })

  it('refuses two Hosts, and lets an HTTP/1.0 probe without one pass', () => {
    assert.equal(status({ hosts: ['localhost', 'evil.example'] }), 400)
    assert.equal(status({ hosts: [] }), undefined)
  })

  it('asks who reads where other machines reach it: the token as it is or as a password; probes are let pass', () => {
    const reading = (authorization: string | undefined, isOpen = false) =>
      judge(from({ authorization }), { ...rules, isPrivate: true }, false, isOpen)?.status
    assert.equal(reading('Bearer correct-horse-battery'), undefined)
    assert.equal(reading(basic('me:correct-horse-battery')), undefined)
    for (const wrong of [
      undefined,
      '',
      'Bearer wrong',
      basic('me:wrong'),
      basic('correct-horse-battery:'),
      'Basic',
      'Digest x',
    ])
      assert.equal(reading(wrong), 401, String(wrong))
    assert.equal(reading(undefined, true), undefined)
    // What a browser sends by itself changes nothing.
    const change = judge(
      from({ authorization: basic('me:correct-horse-battery') }),
      { ...rules, isPrivate: true },
      true,
    )
    assert.equal(change?.status, 401)
  })

  it('asks for the token before anything is changed, and only then', () => {
    for (const authorization of [
      undefined,
      '',
      'Bearer wrong',
      'Bearer',
      'Basic correct-horse-battery',
      'Bearer correct-horse-batter',
      'Bearer  ',
    ]) {
      assert.equal(status({ authorization }, true), 401, String(authorization))
      assert.equal(status({ authorization }), undefined)
    }
    assert.equal(status({}, true), undefined)
    assert.equal(status({ authorization: 'bearer correct-horse-battery' }, true), undefined)
  })

  it('refuses changes that another site causes, even with the token', () => {
    assert.equal(status({ origin: 'http://evil.example' }, true), 403)
    assert.equal(status({ origin: 'null' }, true), 403)
    assert.equal(status({ origin: 'http://127.0.0.1:9901' }, true), 403)
    assert.equal(status({ secFetchSite: 'cross-site' }, true), 403)
    assert.equal(status({ secFetchSite: 'same-site' }, true), 403)
    assert.equal(status({ origin: 'http://127.0.0.1:9900', secFetchSite: 'same-origin' }, true), undefined)
  })
})
