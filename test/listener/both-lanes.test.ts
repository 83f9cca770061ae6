// One matrix: the corpora of requests that must be refused and of those that must not be, told to the fast lane with the
// slow one behind it and to the slow lane alone. Known tricks of smuggling and desynchronising among them.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { accepted } from './corpus/accepted.ts'
import type { Accepted } from './corpus/accepted.ts'
import { bounds, chunks, framing, hosts, lines, requestLines } from './corpus/refused.ts'
import type { Story } from './corpus/refused.ts'
import { CLOSE, get, serve } from './fast/harness.ts'
import type { Shield } from './fast/harness.ts'
import { statuses } from './slow-harness.ts'

/** What the corpus of refused requests is written for. */
const limits = { targetBytes: '2 KiB', headerBytes: '8 KiB', headerCount: 50, requestBody: '1 MiB' }
const NEXT = get('/smuggled')
const PAGE = '<stored>'
/** A tunnel is answered only as a connection's first request: behind another one the slow lane just closes. */
const isTunnel = ({ bytes }: Story): boolean => bytes.startsWith('CONNECT')

for (const slowAlone of [false, true]) {
  describe(slowAlone ? 'the slow lane alone' : 'the fast lane with the slow one behind it', () => {
    let shield: Shield
    before(async () => {
      shield = await serve({ limits, slowAlone })
      shield.store.put({ target: '/page', body: PAGE })
    })
    after(() => shield[Symbol.asyncDispose]())

    for (const story of [...lines, ...requestLines, ...hosts, ...framing, ...chunks, ...bounds]) {
      test(`refuses with ${story.status}: ${story.name}`, () => refuses(shield, story))
    }
    for (const story of accepted) test(`accepts ${story.name}`, () => accepts(shield, story))
  })
}

/** Alone, and behind a hit on the same connection; nothing behind it is taken for a request. */
async function refuses(shield: Shield, story: Story): Promise<void> {
  shield.asked.length = 0
  const first = await shield.raw(story.bytes + NEXT)
  assert.deepEqual(statuses(first), [story.status], first)
  assert.match(first, /^Connection: close\r$/m)
  const second = isTunnel(story) ? first : await shield.raw([get('/page'), story.bytes + NEXT], { gap: 15 })
  if (!isTunnel(story)) assert.deepEqual(statuses(second), [200, story.status], second)
  assert.ok(!shield.asked.includes('/smuggled'), 'nothing behind it was taken for a request')
}

async function accepts(shield: Shield, { bytes }: Accepted): Promise<void> {
  shield.asked.length = 0
  const received = await shield.raw(get('/page') + bytes + get('/page', CLOSE))
  assert.deepEqual(statuses(received), [200, 200, 200], received)
  assert.equal(received.split(PAGE).length, 4)
  assert.deepEqual(shield.asked, [])
}
