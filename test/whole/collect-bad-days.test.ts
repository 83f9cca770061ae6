// Collecting when the origin is full or away, and what those are told whose form cannot be taken: each mistake has an answer of
// its own, for people and for programs.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import type { ConfigInput } from '../../src/config/types.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'

type Rule = NonNullable<Extract<NonNullable<ConfigInput['sites']>, unknown[]>[number]['rules']>
const FORM = 'application/x-www-form-urlencoded'

const configFor = (origin: Origin, rule: Extract<Rule, unknown[]>[number], concurrency = 8): ConfigInput => ({
  sites: [
    {
      name: 'main',
      origins: origin.url,
      origin: { concurrency, health: { every: '1s' } },
      rules: [{ name: 'sign', match: { method: 'POST', path: '/sign' }, ...rule }],
    },
  ],
})

const post = (shield: Shield, body: string, headers: Record<string, string> = { 'Content-Type': FORM }) =>
  fetch(`${shield.url}/sign`, { method: 'POST', redirect: 'manual', body, headers })

const receiptOf = (answer: Response): string | null => answer.headers.get('breakwater-receipt')

async function stateOf(shield: Shield, receipt: string): Promise<string> {
  const answer = await fetch(`${shield.url}/.breakwater/receipts/${receipt}`, {
    headers: { Accept: 'application/json' },
  })
  return ((await answer.json()) as { state: string }).state
}

test('with `when: overload` forms are collected while the origin is full or down, and go to it directly otherwise', async () => {
  const gate = Promise.withResolvers<undefined>()
  await using origin = await Origin.start({
    '/sign': { status: 200, body: 'signed' },
    '/slow': async () => (await gate.promise) ?? { status: 200 },
  })
  await using shield = await Shield.start({ config: configFor(origin, { collect: { when: 'overload' } }, 1) })
  const direct = async (name: string): Promise<boolean> => receiptOf(await post(shield, `name=${name}`)) === null
  assert.ok(await direct('a'))
  const slow = fetch(`${shield.url}/slow`)
  await until('the origin works', () => origin.of('/slow').length === 1)
  const full = await post(shield, 'name=b')
  assert.equal(full.status, 303)
  assert.equal(origin.of('/sign').length, 1)
  gate.resolve(undefined)
  await (await slow).arrayBuffer()
  await until('it has arrived', async () => (await stateOf(shield, receiptOf(full)!)) === 'delivered')
  assert.ok(await direct('c'))
  await origin.stop()
  // The first that fails find out; from then on they are collected.
  await until('the origin is known to be down', async () => (await post(shield, 'name=d')).status === 303)
  const down = receiptOf(await post(shield, 'name=e'))
  assert.equal(await stateOf(shield, down!), 'waiting')
  await origin.listen()
  await until('it has arrived', async () => (await stateOf(shield, down!)) === 'delivered', 30_000)
  await until('forms go to the origin again', () => direct('f'))
  const bodies = origin.of('/sign').map(({ body }) => body.toString())
  for (const name of ['a', 'b', 'c', 'e']) assert.equal(bodies.filter(body => body === `name=${name}`).length, 1, name)
})

test('each mistake has an answer of its own, as a page and as problem details, and nothing reaches the origin', async () => {
  await using origin = await Origin.start({ '/sign': { status: 200 } })
  const fields = { email: { type: 'email' as const, required: true } }
  await using shield = await Shield.start({
    config: configFor(origin, { collect: { when: 'always', fields, body: '2 KiB' } }),
  })
  const key = { 'Content-Type': 'application/json', 'Idempotency-Key': 'k' }
  assert.equal((await post(shield, '{"email":"a@b.c"}', key)).status, 202)
  await until('it went out', () => origin.of('/sign').length === 1)
  const large = `email=a%40b.c&x=${'x'.repeat(3000)}`
  const mistakes: [string, number, RegExp, string, Record<string, string>][] = [
    ['form-too-large', 413, /This form is too large/, large, { 'Content-Type': FORM }],
    ['form-type', 415, /cannot be read here/, '<a/>', { 'Content-Type': 'text/xml' }],
    ['form-type', 415, /cannot be read here/, 'email=a%40b.c', { 'Content-Type': FORM, 'Content-Encoding': 'gzip' }],
    ['form-broken', 400, /arrived damaged/, '--b\r\nnonsense', { 'Content-Type': 'multipart/form-data; boundary=b' }],
    ['form-broken', 400, /arrived damaged/, '--b', { 'Content-Type': 'multipart/form-data' }],
    ['form-broken', 400, /arrived damaged/, '{"email":', { 'Content-Type': 'application/json' }],
    ['form-invalid', 422, /<b>email<\/b> is missing/, 'name=x', { 'Content-Type': FORM }],
    ['form-key-reused', 422, /key of another/, '{"email":"d@e.f"}', key],
  ]
  for (const [reason, status, words, body, headers] of mistakes) {
    const page = await post(shield, body, { ...headers, Accept: 'text/html' })
    assert.equal(page.status, status, reason)
    assert.match(await page.text(), words)
    const problem = await post(shield, body, { ...headers, Accept: 'application/json' })
    assert.equal(((await problem.json()) as { reason: string }).reason, reason)
    assert.equal(receiptOf(problem), null)
  }
  for (const receipt of ['x', 'A'.repeat(22), 'Bq_KYBheVeD0ueAU4H2M9Q']) {
    const guessed = await fetch(`${shield.url}/.breakwater/receipts/${receipt}`)
    assert.equal(guessed.status, 404, receipt)
    assert.match(await guessed.text(), /No form here has this receipt/)
  }
  assert.equal(origin.of('/sign').length, 1)
})

/** Sends the same form over and over on one connection; how many answers had which status. */
function flood(port: number, times: number): Promise<Map<string, number>> {
  const body = 'email=a%40b.c'
  const request = `POST /sign HTTP/1.1\r\nHost: a\r\nContent-Type: ${FORM}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const statuses = new Map<string, number>()
  let [told, text] = [0, '']
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.setEncoding('latin1').on('data', (more: string) => {
      text += more
      const [head, length = '0'] = /^[^]*?\r\ncontent-length: (\d+)[^]*?\r\n\r\n/i.exec(text) ?? []
      if (head === undefined || text.length < head.length + Number(length)) return
      const status = text.slice(9, 12)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      text = ''
      if (++told < times) return void socket.write(request)
      socket.destroy()
      resolve(statuses)
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`closed after ${told} of ${times}`)))
  })
}

/** The same from twenty connections: 10,000 in all. */
async function floods({ port }: Shield): Promise<Record<string, number>> {
  const all: Record<string, number> = {}
  for (const statuses of await Promise.all(Array.from({ length: 20 }, () => flood(port, 500))))
    for (const [status, times] of statuses) all[status] = (all[status] ?? 0) + times
  return all
}

test('10,000 identical posts from one client are one form, or, with a rate, as many as that allows', async () => {
  await using origin = await Origin.start({ '/sign': { status: 200 } })
  {
    await using shield = await Shield.start({
      config: configFor(origin, { collect: { when: 'always', dedupe: ['email'] } }),
    })
    assert.deepEqual(await floods(shield), { 303: 10_000 })
    await until('it has arrived', async () => (await shield.stats()).journal?.forms.delivered === 1)
    assert.equal(origin.of('/sign').length, 1)
  }
  const rule = { collect: { when: 'always' as const }, rate: { limit: '30/1h' as const, by: 'address' as const } }
  await using shield = await Shield.start({ config: configFor(origin, rule) })
  assert.deepEqual(await floods(shield), { 303: 30, 429: 9970 })
})
