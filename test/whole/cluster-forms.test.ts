// Three nodes, a real server and a real origin: a form is acknowledged with a second copy, and outlives the machine that took it.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { settled, startNode } from '../cluster/nodes.ts'
import type { NodeWishes } from '../cluster/nodes.ts'
import { Origin } from '../fixtures/origin.ts'
import type { Script } from '../fixtures/origin.ts'
import { Redis, noRedis } from '../fixtures/redis.ts'
import type { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'

const skip = noRedis ?? false
const options = { skip, timeout: 120_000 }
const collect = { when: 'always' as const, tries: 1000 }
const rulesOf = (more: object = {}): NonNullable<NodeWishes['rules']> => [
  { name: 'sign', match: { method: 'POST', path: '/sign' }, collect: { ...collect, ...more } },
]
const TYPE = 'application/x-www-form-urlencoded'

/** A server, an origin with this script for posts, and what starts nodes in front of it. */
async function house(script: Script, wishes: Partial<NodeWishes> = {}, flags: string[] = []) {
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await Redis.start(flags))
  const origin = stack.use(await Origin.start({ '/sign': script, '*': { body: 'page' } }))
  const parts = stack.move()
  const start = async (name: string, more: Partial<NodeWishes> = {}) =>
    parts.use(
      await startNode({
        ...{ name, servers: [redis.url], origins: [origin.url], rules: rulesOf() },
        ...wishes,
        ...more,
        cluster: { takeOver: '3s', ...wishes.cluster, ...more.cluster },
      }),
    )
  return { redis, origin, start, [Symbol.asyncDispose]: () => parts.disposeAsync() }
}

const post = (shield: Shield, number: string, more: Record<string, string> = {}) =>
  ask(shield.port, '/sign', { method: 'POST', fields: { 'content-type': TYPE, ...more }, body: `number=${number}` })

const receiptOf = (came: Awaited<ReturnType<typeof post>>): string => String(came.fields['breakwater-receipt'])

async function journal(shield: Shield, wish: object): Promise<Record<string, unknown>> {
  const token = readFileSync(`${shield.data}/admin-token`, 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await shield.admit('/api/journal', { method: 'POST', headers, body: JSON.stringify(wish) })
  return (await answer.json()) as Record<string, unknown>
}

const stateOf = async (shield: Shield, receipt: string): Promise<string | undefined> => {
  const answer = await ask(shield.port, `/.breakwater/receipts/${receipt}`, { fields: { accept: 'application/json' } })
  return answer.status === 200 ? (JSON.parse(answer.text) as { state: string }).state : undefined
}

const copyOf = async (shield: Shield) => (await shield.stats()).journal?.copy
const copied = (shield: Shield) =>
  until(
    () => `it copies: ${JSON.stringify(shield.logs('forms-copy-away'))}`,
    async () => (await copyOf(shield))?.state === 'copied',
  )

async function kill(shield: Shield): Promise<void> {
  shield.kill('SIGKILL')
  await shield.child.ended
}

test('forms of a node that is killed are sent by another, under the receipts that visitors have', options, async t => {
  let isOpen = false
  await using nodes = await house(() => (isOpen ? { status: 200 } : { status: 503 }))
  const [a, b] = await Promise.all([nodes.start('a'), nodes.start('b')])
  await copied(a)
  await until('both have a share', () => settled([a, b], 30))
  t.diagnostic(`way of the copies: ${(await copyOf(a))!.way}`)
  const came = await Promise.all(Array.from({ length: 20 }, (_, i) => post(a, `n${i}`)))
  assert.deepEqual(new Set(came.map(({ status }) => status)), new Set([303]))
  await until('all have a copy', async () => (await copyOf(a))!.kept === 20)
  await kill(a)
  await b.heard('forms-taken-over')
  isOpen = true
  const receipts = came.map(receiptOf)
  await until('all are delivered', async () => {
    await journal(b, { do: 'replay' })
    const states = await Promise.all(receipts.map(receipt => stateOf(b, receipt)))
    return states.every(state => state === 'delivered' || state === 'set-aside')
  })
  const states = await Promise.all(receipts.map(receipt => stateOf(b, receipt)))
  const delivered = nodes.origin.asked.filter(({ fields }) => receipts.includes(String(fields['breakwater-receipt'])))
  for (const [i, receipt] of receipts.entries())
    if (states[i] === 'delivered')
      assert.ok(
        delivered.some(({ fields, body }) => fields['idempotency-key'] === receipt && String(body) === `number=n${i}`),
      )
  assert.ok(states.filter(state => state === 'delivered').length > 10, states.join())
})

/** Receipts by how often their forms were taken by the origin. */
const arrivals = (origin: Origin): Map<string, number> => {
  const times = new Map<string, number>()
  for (const { fields, method } of origin.asked) {
    const receipt = fields['breakwater-receipt']
    if (method === 'POST' && typeof receipt === 'string') times.set(receipt, (times.get(receipt) ?? 0) + 1)
  }
  return times
}

test(
  'what may have been sent by a node that is lost is not sent again; a node that comes back sends nothing that was taken over',
  options,
  async () => {
    // The first form hangs at the origin; the others of its node wait behind it.
    let isHanging = true
    await using nodes = await house(async () => {
      await until('the origin goes on', () => !isHanging, 60_000)
      return { status: 200 }
    })
    const [a, b] = await Promise.all([nodes.start('a', { more: { journal: { inFlight: 1 } } }), nodes.start('b')])
    await Promise.all([copied(a), copied(b)])
    await until('both have a share', () => settled([a, b], 30))
    const first = receiptOf(await post(a, 'first'))
    await until('it is at the origin', () => arrivals(nodes.origin).has(first))
    const others = await Promise.all(['x', 'y', 'z'].map(async number => receiptOf(await post(a, number))))
    await kill(a)
    await b.heard('forms-taken-over')
    isHanging = false
    await until('the others are delivered', async () => {
      const states = await Promise.all(others.map(receipt => stateOf(b, receipt)))
      return states.every(state => state === 'delivered')
    })
    assert.equal(await stateOf(b, first), 'set-aside')
    const again = await nodes.start('a', { data: a.data })
    await copied(again)
    const { forms } = (await again.stats()).journal!
    assert.deepEqual([forms.moved, forms.waiting, forms.retry, forms['in-flight']], [4, 0, 0, 0])
    assert.equal(await stateOf(again, others[0]!), 'moved')
    await until('nothing of it is kept here', async () =>
      /another node's/.test(JSON.stringify(await journal(again, { do: 'show', receipt: others[0]! }))),
    )
    const late = receiptOf(await post(again, 'late'))
    await until('it sends its own', async () => (await stateOf(again, late)) === 'delivered')
    assert.deepEqual([...arrivals(nodes.origin).values()], [1, 1, 1, 1, 1])
  },
)

test('a node that is paused loses its forms, and sends none of them when it goes on', options, async () => {
  let isOpen = false
  await using nodes = await house(() => (isOpen ? { status: 200 } : { status: 503, fields: { 'retry-after': '1' } }))
  const [a, b] = await Promise.all([nodes.start('a'), nodes.start('b')])
  await Promise.all([copied(a), copied(b)])
  const receipts = await Promise.all(Array.from({ length: 8 }, async (_, i) => receiptOf(await post(a, `p${i}`))))
  a.kill('SIGSTOP')
  await b.heard('forms-taken-over')
  isOpen = true
  a.kill('SIGCONT')
  await until('it has joined again', () => a.logs('forms-copy-joined').length >= 2, 30_000)
  await until('all have ended', async () => {
    await journal(b, { do: 'replay' })
    const states = await Promise.all(receipts.map(receipt => stateOf(b, receipt)))
    return states.every(state => state === 'delivered' || state === 'set-aside' || state === undefined)
  })
  const good = nodes.origin.asked.filter(({ method }) => method === 'POST')
  assert.ok(good.length > 0)
  await until('the first has none of them', async () => {
    const { forms } = (await a.stats()).journal!
    return forms.waiting + forms.retry + forms['in-flight'] === 0 && forms.moved > 0
  })
})

test(
  'without the server a form is refused, and nothing of it is kept; or taken on one disk, where that may be',
  options,
  async () => {
    await using nodes = await house(() => ({ status: 200 }))
    const strict = await nodes.start('a')
    const lenient = await nodes.start('b', { cluster: { copy: 'if-possible' } })
    await Promise.all([copied(strict), copied(lenient)])
    await until('both have a share', () => settled([strict, lenient], 30))
    await nodes.redis.kill()
    await Promise.all([strict, lenient].map(each => each.heard('forms-copy-away')))
    const refused = await post(strict, 'n1')
    assert.equal(refused.status, 503)
    assert.equal(refused.fields['retry-after'], '10')
    assert.match(refused.text, /journal-no-copy/)
    const taken = await post(lenient, 'n2')
    assert.equal(taken.status, 303)
    await until('it is sent all the same', async () => (await stateOf(lenient, receiptOf(taken))) === 'delivered')
    await until('it says so', async () => (await copyOf(lenient))?.alone === 1)
    await until('so does the other', async () => (await copyOf(strict))?.state === 'refused')
    await nodes.redis.begin()
    await until('it copies again', async () => (await copyOf(strict))?.state === 'copied', 30_000)
    const came = await post(strict, 'n1')
    assert.equal(came.status, 303)
    await until('it is delivered', async () => (await stateOf(strict, receiptOf(came))) === 'delivered')
    assert.equal(nodes.origin.of('/sign').filter(({ body }) => String(body) === 'number=n1').length, 1)
  },
)

test(
  'copies are counted: without the replica that is asked for a form is refused, with it it is taken',
  options,
  async () => {
    await using nodes = await house(() => ({ status: 200 }), { cluster: { replicas: 1 } })
    const a = await nodes.start('a')
    await copied(a)
    const [said] = await a.heard('forms-copy-joined')
    assert.deepEqual([said!['way'], said!['replicas']], [(await copyOf(a))!.way, 1])
    const refused = await post(a, 'n1')
    assert.equal(refused.status, 503)
    assert.match(refused.text, /journal-no-copy/)
    const list = (await journal(a, { do: 'list', after: 0 })) as { forms: unknown[] }
    assert.deepEqual(list.forms, [])
    await using replica = await Redis.start(['--replicaof', '127.0.0.1', String(nodes.redis.port)])
    await until('the replica follows', async () =>
      /master_link_status:up/.test(String(await replica.ask('INFO', 'replication'))),
    )
    await until('a form is taken', async () => (await post(a, 'n2')).status === 303)
  },
)

test('a server that syncs nothing to disk and has no replica is no second copy', options, async () => {
  await using nodes = await house(() => ({ status: 200 }), {}, ['--appendonly', 'no'])
  const a = await nodes.start('a')
  await copied(a)
  assert.equal((await copyOf(a))!.way, 'wait')
  assert.equal((await post(a, 'n1')).status, 503)
})

const everything = async (redis: Redis): Promise<string> => {
  const keys = (await redis.ask('KEYS', '*:{journal}:*')) as string[]
  const dumps = keys.map(async key =>
    key.includes(':forms:')
      ? JSON.stringify(await redis.ask('XRANGE', key, '-', '+'))
      : key.includes(':body:')
        ? `${key} ${String(await redis.ask('GET', key))}`
        : key,
  )
  return (await Promise.all(dumps)).join('\n')
}

test(
  'what forms say lies on the server as on disk: encrypted with the key; and erasing reaches it',
  options,
  async () => {
    const secret = 'k'.repeat(64)
    process.env['JOURNAL_KEY'] = secret
    await using nodes = await house(() => ({ status: 503 }), {
      more: { journal: { key: { env: 'JOURNAL_KEY' } } },
      rules: rulesOf({ body: '1 MiB' }),
    })
    const a = await nodes.start('a')
    await copied(a)
    const small = receiptOf(await post(a, 'secret-small'))
    const large = receiptOf(await post(a, `secret-large-${'x'.repeat(200_000)}`))
    const before = await everything(nodes.redis)
    assert.ok(before.includes(small) && before.includes(large) && before.includes(':body:'))
    assert.ok(!before.includes('secret-') && !before.includes('xxxxxxxx'))
    await until('both are erased', async () => {
      const told = (await journal(a, { do: 'erase', receipts: [small, large] })) as { left: string[]; copies: string }
      assert.equal(told.copies, 'erased')
      return (await stateOf(a, small)) === 'erased' && (await stateOf(a, large)) === 'erased'
    })
    const after = await everything(nodes.redis)
    assert.ok(!after.includes(small) && !after.includes(large) && !after.includes(':body:'), after)
  },
)

test(
  'large forms are taken over too, and those that a server which lost everything was told again',
  options,
  async () => {
    let isOpen = false
    await using nodes = await house(() => (isOpen ? { status: 200 } : { status: 503 }), {
      rules: rulesOf({ body: '1 MiB', duplicates: true }),
    })
    const [a, b] = await Promise.all([nodes.start('a'), nodes.start('b')])
    await copied(a)
    const large = `large-${'x'.repeat(300_000)}`
    const receipts = [receiptOf(await post(a, large)), receiptOf(await post(a, 'small'))]
    await nodes.redis.kill()
    await a.heard('forms-copy-away')
    await nodes.redis.beginEmpty()
    await a.heard('forms-copy-joined', 2)
    await until('both have a share', () => settled([a, b], 30))
    await kill(a)
    await b.heard('forms-taken-over')
    isOpen = true
    await until('both are delivered', async () => {
      await journal(b, { do: 'replay' })
      return (await Promise.all(receipts.map(receipt => stateOf(b, receipt)))).every(state => state === 'delivered')
    })
    assert.ok(nodes.origin.asked.some(({ body }) => String(body) === `number=${large}`))
  },
)
