// One fetch for all nodes: three of them, a real server, and crowds for pages that nobody has yet.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { purge, startNode } from '../cluster/nodes.ts'
import { Origin, bytesFor } from '../fixtures/origin.ts'
import type { Script } from '../fixtures/origin.ts'
import { Redis, noRedis } from '../fixtures/redis.ts'
import type { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { HOST, ask, crowd } from '../fixtures/visitor.ts'

const skip = noRedis ?? false
const timeout = 120_000
/** Milliseconds: all of a crowd have come before the first of them is answered, on a busy machine too. */
const SLOW = 3000
const KEPT = { 'cache-control': 'max-age=3600' }

interface House extends AsyncDisposable {
  redis: Redis
  origin: Origin
  shields: [Shield, Shield, Shield]
}

async function house(pages: Record<string, Script>): Promise<House> {
  const redis = await Redis.start()
  const origin = await Origin.start(pages)
  const wishes = { servers: [redis.url], origins: [origin.url] }
  const shields = await Promise.all(['a', 'b', 'c'].map(name => startNode({ name, ...wishes })))
  await until('all are current', async () => {
    const states = await Promise.all(shields.map(async shield => (await shield.stats()).cluster!))
    return states.every(({ purges, shares }) => purges.isCurrent && shares[0]!.share > 0)
  })
  return {
    ...{ redis, origin, shields: shields as House['shields'] },
    [Symbol.asyncDispose]: async () => {
      for (const each of [...shields, origin, redis]) await each[Symbol.asyncDispose]()
    },
  }
}

const crowds = async (shields: readonly Shield[], path: string, each: number) =>
  (await Promise.all(shields.map(({ port }) => crowd(port, path, each)))).flat()

test(
  '300 visitors at three nodes want a page that nobody has: the origin is asked once',
  { skip, timeout },
  async () => {
    const body = bytesFor('cold', 100_000)
    await using here = await house({ '*': { body, fields: { ...KEPT, 'content-type': 'image/png' }, work: SLOW } })
    const { shields, origin } = here
    const came = await crowds(shields, '/cold', 100)
    assert.equal(came.length, 300)
    for (const each of came) assert.ok(each.status === 200 && each.body.equals(body))
    assert.equal(origin.of('/cold').length, 1)
    // A node that is asked a moment later is given what another one has.
    await ask(shields[0].port, '/later')
    for (const { port } of shields) assert.ok((await ask(port, '/later')).body.equals(body))
    assert.equal(origin.of('/later').length, 1)
  },
)

const withCookie = (session: string) => ({ fields: { cookie: `session=${session}` } })

test(
  '300 visitors with cookies of their own want a page that is public: the origin is asked once',
  { skip, timeout },
  async () => {
    await using here = await house({
      '*': { body: 'page', fields: { 'cache-control': 'public, max-age=3600' }, work: SLOW },
    })
    const { shields, origin } = here
    const came = await Promise.all(
      shields.map(({ port }, node) => crowd(port, '/public', 100, i => withCookie(`${node}-${i}`))),
    )
    assert.deepEqual(new Set(came.flat().map(({ text }) => text)), new Set(['page']))
    assert.equal(origin.of('/public').length, 1)
  },
)

test('what is for one visitor, or varies, is shared between nodes no more than on one', { skip, timeout }, async () => {
  await using here = await house({
    '/own': ({ nth }) => ({ body: `visit ${nth}`, fields: { 'cache-control': 'private' }, work: 30 }),
    '/tongue': ({ fields }) => ({
      body: String(fields['accept-language']),
      fields: { ...KEPT, vary: 'accept-language' },
    }),
  })
  const { shields, origin } = here
  const own = await crowds(shields, '/own', 5)
  assert.equal(new Set(own.map(({ text }) => text)).size, 15)
  assert.equal(origin.of('/own').length, 15)
  for (const [i, tongue] of ['de', 'fr', 'it', 'de', 'fr', 'it'].entries()) {
    const came = await ask(shields[i % 3]!.port, '/tongue', { fields: { 'accept-language': tongue } })
    assert.equal(came.text, tongue)
  }
})

test('a node that dies while it fetches for others holds them up for a moment only', { skip, timeout }, async () => {
  let isFirst = true
  await using here = await house({
    '*': async () => {
      if (isFirst) {
        isFirst = false
        await sleep(8000)
      }
      return { body: 'page', fields: KEPT }
    },
  })
  const { shields, origin } = here
  const [a, b, c] = shields
  const first = ask(a.port, '/slow').catch(() => null)
  await until('it is asked for', () => origin.of('/slow').length === 1)
  const others = Promise.all([crowd(b.port, '/slow', 20), crowd(c.port, '/slow', 20)])
  await sleep(300)
  assert.equal(origin.of('/slow').length, 1)
  a.kill('SIGKILL')
  for (const came of (await others).flat()) assert.equal(came.text, 'page')
  assert.equal(origin.of('/slow').length, 2)
  await first
})

test(
  'what was purged, or made untrue by a post, while or after another node fetched it is not given on',
  { skip, timeout },
  async () => {
    let version = 1
    await using here = await house({
      '/page': () => ({ body: `version ${version}`, fields: KEPT }),
      '/slow': async () => {
        const body = `version ${version}`
        await sleep(1500)
        return { body, fields: KEPT }
      },
    })
    const { shields, origin } = here
    const [a, b, c] = shields
    // While: those who came before the purge may have the old one, those who come after it may not.
    const before = [ask(a.port, '/slow'), ask(b.port, '/slow')]
    await until('it is asked for', () => origin.of('/slow').length >= 1)
    version++
    await purge(c, { urls: [`http://${HOST}/slow`], hard: true })
    for (const { port } of shields) assert.equal((await ask(port, '/slow')).text, 'version 2')
    await Promise.all(before)
    for (const { port } of shields) assert.equal((await ask(port, '/slow')).text, 'version 2')
    // After: whoever posts at a node finds there what the post has made of it.
    assert.equal((await ask(a.port, '/page')).text, 'version 2')
    version++
    await ask(b.port, '/page', { method: 'POST', body: 'x' })
    assert.equal((await ask(b.port, '/page')).text, 'version 3')
  },
)

test('without the server each node fetches for itself, at once', { skip, timeout }, async () => {
  await using here = await house({ '*': { body: 'page', fields: KEPT, work: 50 } })
  const { shields, origin, redis } = here
  await redis.kill()
  for (const shield of shields)
    await until('it is alone', async () => (await shield.stats()).cluster!.state === 'alone')
  for (const came of await crowds(shields, '/cold', 20)) assert.equal(came.text, 'page')
  assert.equal(origin.of('/cold').length, 3)
})
