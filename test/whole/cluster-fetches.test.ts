// One fetch for all nodes: three of them, a real server, and crowds for pages that nobody has yet.

import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ASKED_FOR } from '../../src/cluster/claims.ts'
import { purge, startNode } from '../cluster/nodes.ts'
import type { NodeWishes } from '../cluster/nodes.ts'
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

async function house(
  pages: Record<string, Script>,
  more: Record<string, Pick<NodeWishes, 'rules'>> = {},
): Promise<House> {
  const redis = await Redis.start()
  const origin = await Origin.start(pages)
  const wishes = { servers: [redis.url], origins: [origin.url] }
  const shields = await Promise.all(['a', 'b', 'c'].map(name => startNode({ name, ...wishes, ...more[name] })))
  await until('all are current', async () => {
    const states = await Promise.all(shields.map(async shield => (await shield.stats()).cluster!))
    return states.every(
      ({ purges, shares, members }) => purges.isCurrent && shares[0]!.share > 0 && members.length === 3,
    )
  })
  return {
    ...{ redis, origin, shields: shields as House['shields'] },
    [Symbol.asyncDispose]: async () => {
      for (const each of [...shields, origin, redis]) await each[Symbol.asyncDispose]()
    },
  }
}

/** The names that the nodes give themselves in Via. */
async function viasOf({ shields, origin }: Pick<House, 'shields' | 'origin'>): Promise<string[]> {
  const vias = []
  for (const { port } of shields) {
    await ask(port, '/who', { method: 'POST', body: 'x' })
    vias.push(String(origin.of('/who').at(-1)!.fields.via))
  }
  return vias
}

/** Which node each request for this path came from. */
const fetchersOf = ({ origin }: Pick<House, 'origin'>, vias: readonly string[], path: string): number[] =>
  origin.of(path).map(({ fields }) => vias.indexOf(String(fields.via)))

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

const CODINGS = ['gzip, deflate, br', 'gzip', undefined]
const accepting = (codings: string | undefined) => ({ fields: codings === undefined ? {} : { 'accept-encoding': codings } }) // prettier-ignore

test(
  'pages that vary by codings or languages are fetched once for each, and not by each node',
  { skip, timeout },
  async () => {
    await using here = await house({
      '*': ({ fields }) => ({
        body: `${fields['accept-encoding']}`.split(/, ?/).sort().join(),
        fields: { ...KEPT, vary: 'Accept-Encoding' },
        work: 500,
      }),
      '/tongue': ({ fields }) => ({
        body: `${fields['accept-language']}`,
        fields: { ...KEPT, vary: 'accept-language' },
        work: 500,
      }),
    })
    const { shields, origin } = here
    for (const [i, codings] of CODINGS.entries()) {
      const came = await Promise.all(shields.map(({ port }) => crowd(port, '/coded', 50, () => accepting(codings))))
      const text = `${codings}`.split(', ').sort().join()
      assert.deepEqual(new Set(came.flat().map(each => each.text)), new Set([text]))
      assert.equal(origin.of('/coded').length, i + 1)
    }
    const tongues = ['de', 'fr', 'it']
    for (const tongue of tongues) {
      const fields = { 'accept-language': tongue }
      const came = await Promise.all(shields.map(({ port }) => crowd(port, '/tongue', 20, () => ({ fields }))))
      assert.deepEqual(new Set(came.flat().map(({ text }) => text)), new Set([tongue]))
    }
    // And one for nobody, by which its owner has found out.
    const { length } = origin.of('/tongue')
    assert.ok(length <= tongues.length + 1, `${length} fetches`)
  },
)

const readGzip = async (port: number, path: string) => (await ask(port, path, accepting('gzip'))).text

test('a variant that was purged, or made untrue by a post, is not given on', { skip, timeout }, async () => {
  let version = 1
  await using here = await house({
    '*': ({ fields }) => ({
      body: `${fields['accept-encoding']} version ${version}`,
      fields: { ...KEPT, vary: 'accept-encoding' },
    }),
  })
  const { shields } = here
  for (let nth = 0; nth < 6; nth++) {
    const path = `/varied-${nth}`
    for (const { port } of shields) assert.equal(await readGzip(port, path), `gzip version ${version}`)
    version++
    await purge(shields[nth % 3]!, { urls: [`http://${HOST}${path}`], hard: true })
    for (const { port } of shields) assert.equal(await readGzip(port, path), `gzip version ${version}`)
    version++
    const posting = shields[(nth + 1) % 3]!
    await ask(posting.port, path, { method: 'POST', body: 'x' })
    assert.equal(await readGzip(posting.port, path), `gzip version ${version}`)
  }
})

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
  // And one for nobody, by which its owner has found out.
  assert.ok(origin.of('/own').length <= 16, `${origin.of('/own').length} fetches`)
  for (const [i, tongue] of ['de', 'fr', 'it', 'de', 'fr', 'it'].entries()) {
    const came = await ask(shields[i % 3]!.port, '/tongue', { fields: { 'accept-language': tongue } })
    assert.equal(came.text, tongue)
  }
})

test('a node that dies while it fetches for others holds them up for a moment only', { skip, timeout }, async () => {
  let isFirst = true
  await using here = await house({
    '/slow': async () => {
      if (isFirst) {
        isFirst = false
        await sleep(8000)
      }
      return { body: 'page', fields: KEPT }
    },
  })
  const { shields, origin } = here
  const vias = await viasOf(here)
  const first = ask(shields[0].port, '/slow').catch(() => null)
  await until('it is asked for', () => origin.of('/slow').length === 1)
  const [fetcher] = fetchersOf(here, vias, '/slow')
  const waiting = shields.filter((_, i) => i !== fetcher)
  const others = Promise.all(waiting.map(({ port }) => crowd(port, '/slow', 20)))
  await sleep(300)
  assert.equal(origin.of('/slow').length, 1)
  shields[fetcher!]!.kill('SIGKILL')
  for (const came of (await others).flat()) assert.equal(came.text, 'page')
  assert.equal(origin.of('/slow').length, 2)
  await first
})

test(
  'whichever node is asked, a page comes from its owner, which fetches it for nobody in particular',
  { skip, timeout },
  async () => {
    await using here = await house({ '*': ({ path }) => ({ body: path, fields: KEPT }) })
    const { shields, origin } = here
    const vias = await viasOf(here)
    const fields = { 'user-agent': 'one of its own', 'accept-language': 'de', 'x-mine': 'mine' }
    const paths = Array.from({ length: 24 }, (_, i) => `/page-${i}`)
    const owners = new Set<number>()
    for (const [i, path] of paths.entries()) {
      const at = i % 3
      assert.equal((await ask(shields[at]!.port, path, { fields })).text, path)
      const fetchers = fetchersOf(here, vias, path)
      assert.equal(fetchers.length, 1, path)
      const isOwn = fetchers[0] === at
      const [asked] = origin.of(path)
      assert.equal(asked!.fields['x-mine'], isOwn ? 'mine' : undefined)
      assert.equal(asked!.fields['accept-language'], isOwn ? 'de' : undefined)
      owners.add(fetchers[0]!)
      // Whoever asks for it anew, it is the same node that fetches it.
      await purge(shields[0], { urls: [`http://${HOST}${path}`], hard: true })
      const from = performance.now()
      await ask(shields[(at + 1) % 3]!.port, path, { fields })
      // On a machine so busy that the owner needs longer who has asked it fetches by itself.
      if (performance.now() - from < ASKED_FOR)
        assert.deepEqual(fetchersOf(here, vias, path), [fetchers[0], fetchers[0]])
    }
    assert.equal(owners.size, 3)
  },
)

test(
  'what the owner has had for long is given to a node that needs it, and not fetched anew',
  { skip, timeout },
  async () => {
    await using here = await house({
      '*': { body: bytesFor('long', 50_000), fields: { ...KEPT, 'content-type': 'image/png' } },
    })
    const { shields, origin } = here
    const vias = await viasOf(here)
    const paths = Array.from({ length: 6 }, (_, i) => `/long-${i}`)
    for (const path of paths) await ask(shields[0].port, path)
    const owners = paths.map(path => fetchersOf(here, vias, path)[0]!)
    await sleep(11_000)
    for (const [i, path] of paths.entries()) {
      // Neither the owner nor the one that was asked before, or either of the others where these are one.
      const at = [1, 2].find(each => each !== owners[i])!
      const came = await ask(shields[at]!.port, path)
      assert.ok(came.body.equals(bytesFor('long', 50_000)))
      assert.ok(Number(came.fields.age) >= 10, `Age: ${came.fields.age}`)
      assert.equal(origin.of(path).length, 1, path)
    }
  },
)

test(
  'an owner that is paused holds nobody up for long: who has asked it fetches by itself',
  { skip, timeout },
  async () => {
    await using here = await house({ '*': ({ path }) => ({ body: path, fields: KEPT }) })
    const { shields, origin } = here
    const vias = await viasOf(here)
    const paths = Array.from({ length: 24 }, (_, i) => `/paused-${i}`)
    for (const path of paths) await ask(shields[0].port, path)
    const ofC = paths.filter(path => fetchersOf(here, vias, path)[0] === 2)
    assert.ok(ofC.length > 0)
    // So that nobody has it to give away from a moment ago.
    await sleep(11_000)
    await purge(shields[0], { urls: ofC.map(path => `http://${HOST}${path}`), hard: true })
    shields[2].kill('SIGSTOP')
    try {
      for (const [i, path] of ofC.entries()) {
        const from = performance.now()
        assert.equal((await ask(shields[0].port, path)).text, path)
        const waited = performance.now() - from
        // Once one of its pages has taken so long it is not asked for the next.
        assert.ok(waited < ASKED_FOR + 1000 && (i > 0 || waited >= ASKED_FOR), `${path} took ${waited} ms`)
        assert.deepEqual(fetchersOf(here, vias, path), [2, 0])
      }
      assert.equal(origin.of(ofC[0]!).length, 2)
    } finally {
      shields[2].kill('SIGCONT')
    }
  },
)

test('a node whose config is another fetches for nobody, and is not waited for', { skip, timeout }, async () => {
  const rules = [{ match: { path: '/elsewhere' }, cache: { lifetime: '5s' } }] as const
  await using here = await house({ '*': ({ path }) => ({ body: path, fields: KEPT }) }, { c: { rules: [...rules] } })
  const { shields } = here
  const vias = await viasOf(here)
  let slowest = 0
  for (let i = 0; i < 12; i++) {
    const from = performance.now()
    await ask(shields[0].port, `/page-${i}`)
    slowest = Math.max(slowest, performance.now() - from)
    const fetchers = fetchersOf(here, vias, `/page-${i}`)
    assert.ok(fetchers.length === 1 && fetchers[0] !== 2, `/page-${i} was fetched by ${fetchers.join()}`)
  }
  assert.ok(slowest < 1500, `${slowest} ms`)
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

test(
  'what is too large for other nodes, or never ends, is fetched for the visitor, and let go by its owner at its head',
  { skip, timeout },
  async () => {
    const open = new Set<ServerResponse>()
    const large = bytesFor('large', 2 * 1024 * 1024)
    await using here = await house({
      '*': ({ path }, response) => {
        if (path.startsWith('/large')) return { body: large, fields: KEPT }
        open.add(response.writeHead(200, { 'content-type': 'text/event-stream' }))
        response.on('close', () => open.delete(response)).write('data: one\n\n')
        return undefined
      },
    })
    const [a] = here.shields
    for (let i = 0; i < 6; i++) {
      assert.ok((await ask(a.port, `/large-${i}`)).body.equals(large))
      const leaving = new AbortController()
      const stream = await fetch(`http://127.0.0.1:${a.port}/events-${i}`, { signal: leaving.signal })
      const { value } = await stream.body!.getReader().read()
      assert.equal(Buffer.from(value).toString(), 'data: one\n\n')
      leaving.abort()
    }
    assert.ok(here.origin.of('/large-0').length <= 2)
    await until('nothing flows any more', () => open.size === 0)
  },
)
