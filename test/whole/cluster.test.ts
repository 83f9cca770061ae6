// Three nodes and a real server: who is in the cluster, what all of them send to the origin, and purges on every one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Child } from '../cli/fixtures/child.ts'
import { purge, settled, startNode, stateOf } from '../cluster/nodes.ts'
import { Origin } from '../fixtures/origin.ts'
import { Redis, noRedis } from '../fixtures/redis.ts'
import type { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { HOST, ask, crowd } from '../fixtures/visitor.ts'

const skip = noRedis ?? false
const NAMES = ['a', 'b', 'c']
const page = () => {
  let version = 1
  const fields = { 'cache-control': 'max-age=3600', 'cache-tag': 'news' }
  return { change: () => version++, script: () => ({ body: `version ${version}`, fields }) }
}

/** A server, an origin with these pages and three nodes in front of it; `flags` are the server's. */
async function three(pages: Parameters<typeof Origin.start>[0], more: object = {}, flags: string[] = []) {
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await Redis.start(flags))
  const origin = stack.use(await Origin.start(pages))
  const starting = { servers: [redis.url], origins: [origin.url], ...more }
  const shields = await Promise.all(NAMES.map(async name => stack.use(await startNode({ name, ...starting }))))
  const parts = stack.move()
  return { redis, origin, shields, [Symbol.asyncDispose]: () => parts.disposeAsync() }
}

/** What these have of the one origin's limit together. */
const held = async (shields: Shield[]): Promise<number> => {
  const states = await Promise.all(shields.map(stateOf))
  return states.reduce((total, state) => total + state!.shares[0]!.share, 0)
}

const readAll = (shields: Shield[], path: string) => Promise.all(shields.map(({ port }) => ask(port, path)))

test(
  'nodes know of each other, one leads, and each says so wherever an operator looks',
  { skip, timeout: 120_000 },
  async () => {
    await using nodes = await three({ '*': { body: 'page' } })
    const { redis, shields } = nodes
    await until('all see all', async () => {
      const states = await Promise.all(shields.map(stateOf))
      return states.every(state => state!.members.filter(({ isLost }) => !isLost).length === 3)
    })
    const states = await Promise.all(shields.map(stateOf))
    assert.equal(new Set(states.map(state => state!.leader)).size, 1)
    assert.deepEqual(
      states.map(state => state!.node),
      NAMES,
    )
    const [joined] = await shields[0]!.heard('cluster-joined')
    const copies = ((await redis.ask('COMMAND', 'INFO', 'WAITAOF')) as unknown[])[0] === null ? 'wait' : 'waitaof'
    assert.equal(joined!['copies'], copies)
    const ready = await shields[0]!.admit('/readyz')
    assert.deepEqual(await ready.json(), { ready: true, reasons: [], cluster: 'joined' })
    const metrics = await (await shields[1]!.admit('/metrics')).text()
    assert.match(metrics, /^breakwater_cluster_joined 1$/m)
    assert.match(metrics, /^breakwater_cluster_nodes\{state="there"\} 3$/m)
  },
)

test(
  'a server that is lost stops nobody: nodes say that they are alone, keep their shares, and join again',
  { skip, timeout: 120_000 },
  async () => {
    await using nodes = await three({ '*': { body: 'page', fields: { 'cache-control': 'max-age=60' } } })
    const { redis, shields } = nodes
    await until('shares are out', () => settled(shields, 30))
    await redis.kill()
    for (const shield of shields) await until('it is alone', async () => (await stateOf(shield))!.state === 'alone')
    const shares = await Promise.all(shields.map(stateOf))
    assert.equal(
      shares.reduce((sum, state) => sum + state!.shares[0]!.share, 0),
      30,
    )
    for (const came of await readAll(shields, '/while-lost')) assert.equal(came.status, 200)
    const ready = await shields[0]!.admit('/readyz')
    assert.deepEqual(await ready.json(), { ready: true, reasons: [], cluster: 'alone' })
    await redis.beginEmpty()
    for (const shield of shields) await until('it is joined', async () => (await stateOf(shield))!.state === 'joined')
    await until('shares are whole', () => settled(shields, 30))
  },
)

test(
  'what all nodes send to the origin stays within its limit, wherever the crowd is',
  { skip, timeout: 120_000 },
  async () => {
    await using nodes = await three(
      { '*': { body: 'own', fields: { 'cache-control': 'no-store' }, work: 40 } },
      { concurrency: 12 },
    )
    const { origin, shields } = nodes
    await until('shares are out', () => settled(shields, 12))
    // All at one node, then all at another while the first still has some, then everywhere.
    for (const targets of [[0], [1], [0, 1, 2], [2]]) {
      const came = await Promise.all(targets.map(i => crowd(shields[i]!.port, `/${i}`, 150)))
      assert.deepEqual(new Set(came.flat().map(({ status }) => status)), new Set([200]))
    }
    assert.ok(origin.most() <= 12, `${origin.most()} at once of 12`)
    // The one that is asked gets the most of it, so more than the equal part of 4.
    assert.ok(origin.most() > 4, `${origin.most()} at once of 12`)
  },
)

test(
  'a purge at one node is carried out on all of them before it is answered, and the answer names them',
  { skip, timeout: 120_000 },
  async () => {
    const { change, script } = page()
    await using nodes = await three({ '*': script })
    const { shields } = nodes
    const wishes = [
      { urls: [`http://${HOST}/page`] },
      { tags: ['news'] },
      { prefixes: [`http://${HOST}/p`] },
      { site: null },
    ]
    for (const [i, wish] of wishes.entries()) {
      await readAll(shields, '/page')
      for (const came of await readAll(shields, '/page')) assert.equal(came.text, `version ${i + 1}`)
      change()
      const answer = await purge(shields[i % 3]!, { ...wish, hard: true })
      assert.deepEqual([answer.nodes, answer.without], [NAMES, []])
      for (const came of await readAll(shields, '/page')) assert.equal(came.text, `version ${i + 2}`)
    }
  },
)

test(
  'a purge while the server is lost is named as missing on the others, and they have it when it is back',
  { skip, timeout: 120_000 },
  async () => {
    const { change, script } = page()
    await using nodes = await three({ '*': script })
    const { redis, shields } = nodes
    // Without a share nobody may ask the origin while the server is lost.
    await until('shares are out', () => settled(shields, 30))
    await readAll(shields, '/page')
    await redis.kill()
    for (const shield of shields) await until('it is alone', async () => (await stateOf(shield))!.state === 'alone')
    change()
    const answer = await purge(shields[0]!, { urls: [`http://${HOST}/page`], hard: true })
    assert.deepEqual([answer.nodes, answer.without], [['a'], ['b', 'c']])
    assert.equal((await ask(shields[0]!.port, '/page')).text, 'version 2')
    await redis.beginEmpty()
    for (const shield of shields) await until('it is joined', async () => (await stateOf(shield))!.state === 'joined')
    await until('all have it', async () => (await readAll(shields, '/page')).every(({ text }) => text === 'version 2'))
    for (const shield of shields) assert.equal(shield.logs('cluster-fetches-anew').length, 0)
  },
)

test(
  'a node that was down hears of what was purged meanwhile; one that cannot know fetches everything anew',
  { skip, timeout: 120_000 },
  async () => {
    const { change, script } = page()
    await using nodes = await three({ '*': script })
    const { redis, origin, shields } = nodes
    const [a, , c] = shields as [Shield, Shield, Shield]
    await readAll(shields, '/page')
    await readAll(shields, '/other')
    await until('it is on disk', async () => ((await c.stats()).copy?.bytes ?? 0) > 0)
    const again = async () => startNode({ name: 'c', servers: [redis.url], origins: [origin.url], data: c.data })
    // It was there, so the answer waits for it until it is lost.
    c.kill('SIGKILL')
    await c.child.ended
    change()
    const answer = await purge(a, { urls: [`http://${HOST}/page`], hard: true })
    assert.deepEqual([answer.nodes, answer.without], [['a', 'b'], ['c']])
    {
      await using back = await again()
      assert.equal((await ask(back.port, '/page')).text, 'version 2')
      assert.equal((await ask(back.port, '/other')).text, 'version 1')
      await back.stop()
    }
    // More than the log keeps goes by, and something that it has among it.
    await purge(a, { urls: [`http://${HOST}/other`], hard: true })
    for (let i = 0; i < 520; i += 40)
      await Promise.all(Array.from({ length: 40 }, () => purge(a, { tags: ['nothing'] })))
    change()
    await using back = await again()
    await back.heard('cluster-fetches-anew')
    assert.equal((await ask(back.port, '/other')).text, 'version 3')
  },
)

test(
  'a node that has not heard from the server for longer than cluster.proof serves nothing that it stored before',
  { skip, timeout: 120_000 },
  async () => {
    const { change, script } = page()
    await using redis = await Redis.start()
    await using origin = await Origin.start({ '*': script })
    await using node = await startNode({ name: 'a', servers: [redis.url], origins: [origin.url], proof: '2s' })
    assert.equal((await ask(node.port, '/page')).text, 'version 1')
    await until('it is current', async () => (await stateOf(node))!.purges.isCurrent)
    change()
    await redis.kill()
    await node.heard('cluster-fetches-anew')
    await until('it is fetched anew', async () => (await ask(node.port, '/page')).text === 'version 2')
    await until('it says so', async () => !(await stateOf(node))!.purges.isCurrent)
    await redis.begin()
    await until('it can prove it again', async () => (await stateOf(node))!.purges.isCurrent)
  },
)

test(
  'what a lost node held of the limit comes back by itself, but for its floor; one that is cut off has given it up before',
  { skip, timeout: 120_000 },
  async () => {
    await using nodes = await three({ '*': { body: 'page' } }, { cluster: { hold: '6s' } })
    const { shields } = nodes
    const [a, b, c] = shields as [Shield, Shield, Shield]
    await until('shares are out', () => settled(shields, 30))
    c.kill('SIGKILL')
    await until(
      'the others have it, but for the equal part of a quarter',
      async () => (await held([a, b])) === 28,
      30_000,
    )
    await nodes.redis.kill()
    await until('each works with its floor', async () => (await held([a, b])) === 4, 30_000)
    assert.equal((await ask(a.port, '/with-the-floor')).status, 200)
    await nodes.redis.begin()
    await until('they have their shares again', async () => (await held([a, b])) > 20, 30_000)
  },
)

test(
  'a lost node keeps its share until an operator says that it is gone for good',
  { skip, timeout: 120_000 },
  async () => {
    await using nodes = await three({ '*': { body: 'page' } }, { password: 'correct horse' }, [
      '--requirepass',
      'correct horse',
    ])
    const { shields } = nodes
    const [a, b, c] = shields as [Shield, Shield, Shield]
    await until('shares are out', () => settled(shields, 30))
    const cluster = (...args: string[]) => Child.breakwater(['cluster', ...args, '--data', a.data], a.folder)
    const early = cluster('forget', 'c')
    assert.notEqual(await early.ended, 0)
    assert.match(early.stderr, /c was heard of a moment ago: end it first/)
    c.kill('SIGKILL')
    await until('it is lost', async () =>
      (await stateOf(a))!.members.some(({ name, isLost }) => name === 'c' && isLost),
    )
    assert.equal(await held([a, b]), 20)
    const told = cluster()
    assert.equal(await told.ended, 0)
    assert.match(told.stdout, /of 30 at once; c is lost and holds 10\.\n.*breakwater cluster forget c\n$/)
    const forget = cluster('forget', 'c', '--json')
    assert.equal(await forget.ended, 0)
    assert.deepEqual(Object.keys(JSON.parse(forget.stdout) as object), ['cluster'])
    await until('the others have it all', async () => (await held([a, b])) === 30)
    const show = cluster()
    assert.equal(await show.ended, 0)
    assert.match(show.stdout, /^a is joined\.\n {2}a.*\n {2}b.*\nServer: /)
  },
)

test('a rate for all visitors of a site holds over all nodes together', { skip, timeout: 120_000 }, async () => {
  const rules = [{ rate: { limit: '12/1h' as const, by: 'site' } }]
  await using nodes = await three({ '*': { body: 'page' } }, { rules })
  const { shields } = nodes
  await until('all know of all', async () => {
    const states = await Promise.all(shields.map(stateOf))
    return states.every(state => state!.members.length === 3)
  })
  const came = await Promise.all(shields.map(({ port }) => crowd(port, '/', 20)))
  assert.deepEqual(
    came.map(each => each.filter(({ status }) => status === 200).length),
    [4, 4, 4],
  )
})
