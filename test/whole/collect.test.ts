// Forms that are collected, with the whole program: acknowledged once they are on disk, sent to a real origin at its pace,
// and every one accounted for in the end.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ConfigInput } from '../../src/config/types.ts'
import { Origin } from '../fixtures/origin.ts'
import type { Asked, Script } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'

type Collect = NonNullable<
  Extract<NonNullable<NonNullable<Extract<ConfigInput['sites'], unknown[]>>[number]['rules']>, unknown[]>[number]
>['collect']

interface House extends AsyncDisposable {
  origin: Origin
  shield: Shield
}

const execute = promisify(execFile)
const PROGRAM = fileURLToPath(new URL('../../bin/breakwater.mjs', import.meta.url))
const PATH = '/petitions/1/signatures'

async function house(
  collect: Collect,
  script: Script = { status: 303, fields: { location: '/done' } },
): Promise<House> {
  const origin = await Origin.start({ [PATH]: script, '/slow': { work: 300 } })
  const shield = await Shield.start({ config: configFor(origin, collect) })
  return {
    origin,
    shield,
    async [Symbol.asyncDispose]() {
      await shield[Symbol.asyncDispose]()
      await origin.stop()
    },
  }
}

const configFor = (origin: Origin, collect: Collect): ConfigInput => ({
  sites: [
    {
      name: 'main',
      origins: origin.url,
      rules: [{ name: 'sign', match: 'POST /petitions/*/signatures', collect }],
    },
  ],
})

function post(shield: Shield, body: string | FormData, headers: Record<string, string> = {}): Promise<Response> {
  const type = typeof body === 'string' ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {}
  return fetch(shield.url + PATH, { method: 'POST', redirect: 'manual', body, headers: { ...type, ...headers } })
}

async function command(shield: Shield, ...args: string[]): Promise<string> {
  const { stdout } = await execute(process.execPath, [PROGRAM, 'journal', ...args, '--data', shield.data])
  return stdout
}

const receiptOf = (answer: Response): string => answer.headers.get('breakwater-receipt') ?? ''

async function stateOf(shield: Shield, receipt: string): Promise<{ state: string; reason?: string }> {
  const answer = await fetch(`${shield.url}/.breakwater/receipts/${receipt}`, {
    headers: { Accept: 'application/json' },
  })
  return (await answer.json()) as { state: string; reason?: string }
}

const ends = (shield: Shield, receipt: string, state: string): Promise<void> =>
  until(`${receipt} ${state}`, async () => (await stateOf(shield, receipt)).state === state)

const signatures = (origin: Origin): Asked[] => origin.of(PATH).filter(({ method }) => method === 'POST')

test('a form is acknowledged with a receipt, and the origin gets it as it came, once', async () => {
  await using at = await house({ when: 'always' })
  const answer = await post(at.shield, 'name=Zo%C3%AB&petition=1', { Cookie: 'session=1', 'X-Other': 'x' })
  assert.equal(answer.status, 303)
  const receipt = receiptOf(answer)
  assert.match(receipt, /^[\w.][\w-]{21}$/)
  assert.equal(answer.headers.get('location'), `/.breakwater/receipts/${receipt}`)
  await ends(at.shield, receipt, 'delivered')
  const [asked, ...more] = signatures(at.origin)
  assert.equal(more.length, 0)
  assert.equal(asked!.body.toString(), 'name=Zo%C3%AB&petition=1')
  assert.equal(asked!.fields['breakwater-receipt'], receipt)
  assert.equal(asked!.fields['idempotency-key'], receipt)
  assert.equal(asked!.fields['content-type'], 'application/x-www-form-urlencoded')
  assert.equal(asked!.fields['cookie'], undefined)
  const page = await fetch(at.shield.url + answer.headers.get('location')!)
  assert.match(await page.text(), /has arrived/)
})

test('without a rule, or with a rule for other times, forms go to the origin as ever', async () => {
  await using at = await house({ when: ['spike', 'overload'] })
  const answer = await post(at.shield, 'a=1')
  assert.equal(answer.headers.get('location'), '/done')
  assert.equal(receiptOf(answer), '')
})

test('what is wrong with a form is told field by field, to people and to programs, and nothing of it is kept', async () => {
  await using at = await house({
    when: 'always',
    fields: { email: { type: 'email', required: true }, age: { type: 'number' }, code: { pattern: '[A-Z]{3}' } },
    body: '2 KiB',
  })
  const page = await post(at.shield, 'email=none&age=x&code=abc')
  assert.equal(page.status, 422)
  const text = await page.text()
  assert.match(text, /<b>email<\/b> is no e-mail address/)
  assert.match(text, /<b>age<\/b> is no number/)
  const json = await post(at.shield, '{"age":3}', { 'Content-Type': 'application/json' })
  const { errors } = (await json.json()) as { errors: unknown }
  assert.deepEqual([json.status, errors], [422, [{ field: 'email', fault: 'is missing' }]])
  const refused = async (body: string, type: string) => (await post(at.shield, body, { 'Content-Type': type })).status
  assert.equal(await refused('<a/>', 'text/xml'), 415)
  assert.equal(await refused('{"email":', 'application/json'), 400)
  assert.equal(await refused('x'.repeat(3000), 'application/x-www-form-urlencoded'), 413)
  assert.equal(await refused('--b\r\nnonsense', 'multipart/form-data; boundary=b'), 400)
  assert.equal(await refused('x', 'multipart/form-data'), 400)
  assert.equal(at.origin.asked.length, 0)
})

test('what the page asks of its form is asked of the post too, on every edge and after a restart', async () => {
  const asks = `<form method=post action="${PATH}"><input name=email type=email required><input name=zip pattern="[0-9]{5}">`
  await using origin = await Origin.start({
    '/petition': { fields: { 'content-type': 'text/html', 'cache-control': 'no-store' }, body: asks },
    [PATH]: { status: 303, fields: { location: '/done' } },
  })
  const config = configFor(origin, { when: 'always', learn: true, fields: { name: { maxLength: 5 } } })
  const data = mkdtempSync(join(tmpdir(), 'breakwater-learnt-'))
  const start = (): Promise<Shield> => Shield.start({ config, data, edges: 2 })
  let shield = await start()
  try {
    const statusOf = async (body: string): Promise<number> => (await post(shield, body)).status
    assert.equal(await statusOf('name=Ann'), 303, 'nothing is known yet')
    assert.equal(await (await fetch(`${shield.url}/petition`)).text(), asks)
    await until('both edges know', async () =>
      (await Promise.all(Array.from({ length: 16 }, () => statusOf('name=B')))).every(status => status === 422),
    )
    const told = await (await post(shield, 'name=Ann&zip=1234', { Accept: 'application/json' })).text()
    assert.deepEqual((JSON.parse(told) as { errors: unknown }).errors, [
      { field: 'email', fault: 'is missing' },
      { field: 'zip', fault: 'has not the form that is asked for' },
    ])
    assert.equal(await statusOf('name=Anneliese&email=a%40b.c'), 422, 'the rule still holds')
    assert.equal(await statusOf('name=Ann&email=a%40b.c&zip=12345'), 303)
    await shield.stop()
    shield = await start()
    await until('it is known again', async () => (await statusOf('name=C')) === 422)
  } finally {
    await shield[Symbol.asyncDispose]()
    rmSync(data, { recursive: true, force: true })
  }
})

test('programs get JSON, and the same Idempotency-Key the same receipt', async () => {
  await using at = await house({ when: 'always' })
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': 'k1' }
  const [a, b] = [await post(at.shield, '{"a":1}', headers), await post(at.shield, '{"a":1}', headers)]
  assert.deepEqual([a.status, b.status], [202, 202])
  assert.equal(receiptOf(a), receiptOf(b))
  assert.equal((await post(at.shield, '{"a":2}', headers)).status, 422)
  await ends(at.shield, receiptOf(a), 'delivered')
  assert.deepEqual(
    signatures(at.origin).map(({ fields }) => fields['idempotency-key']),
    ['k1'],
  )
})

test('a thousand times the same form from one client is one form', async () => {
  await using at = await house({ when: 'always', dedupe: ['email'] })
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => post(at.shield, `email=${i % 2 ? 'A@b.c' : '+a%40b.c'}&n=${i}`)),
  )
  assert.equal(new Set(answers.map(receiptOf)).size, 1)
  await ends(at.shield, receiptOf(answers[0]!), 'delivered')
  assert.equal(signatures(at.origin).length, 1)
})

test('a multipart form with a file goes through the disk and arrives byte for byte', async () => {
  await using at = await house({ when: 'always', body: '8 MiB', fields: { photo: { type: 'file', required: true } } })
  const bytes = Buffer.alloc(3_000_000, 'abcdefg')
  const form = new FormData()
  form.set('name', 'Zoë')
  form.set('photo', new Blob([bytes]), 'p.jpg')
  const answer = await post(at.shield, form)
  assert.equal(answer.status, 303)
  await ends(at.shield, receiptOf(answer), 'delivered')
  const exported = await command(at.shield, 'export', '--csv')
  assert.match(exported, /,reason,field\.name\r\n.*,Zoë\r\n$/)
  const [asked] = signatures(at.origin)
  assert.ok(asked!.body.includes(bytes))
  assert.equal(Number(asked!.fields['content-length']), asked!.body.length)
  const without = new FormData()
  without.set('name', 'x')
  assert.equal((await post(at.shield, without)).status, 422)
})

test('a form that the origin refuses is rejected with its words; one that it cannot take now is sent again', async () => {
  let busy = 2
  const script: Script = ({ body }) =>
    body.includes('bad')
      ? { status: 409, body: '<title>Signed already</title>' }
      : busy-- > 0
        ? { status: 503 }
        : { status: 200 }
  await using at = await house({ when: 'always' }, script)
  const bad = receiptOf(await post(at.shield, 'bad=1'))
  await ends(at.shield, bad, 'rejected')
  assert.equal((await stateOf(at.shield, bad)).reason, 'status 409: Signed already')
  const good = receiptOf(await post(at.shield, 'good=1'))
  await ends(at.shield, good, 'delivered')
  assert.equal(signatures(at.origin).length, 4)
})

const cut: Script = ({ nth }, response) => {
  if (nth > 1) return { status: 200 }
  response.destroy()
  return undefined
}

test('a form whose answer was lost is not sent again by itself, unless the origin knows duplicates or a probe tells', async () => {
  {
    await using at = await house({ when: 'always' }, cut)
    const receipt = receiptOf(await post(at.shield, 'a=1'))
    await ends(at.shield, receipt, 'set-aside')
    assert.equal(signatures(at.origin).length, 1)
  }
  {
    await using at = await house({ when: 'always', duplicates: true }, cut)
    await ends(at.shield, receiptOf(await post(at.shield, 'a=1')), 'delivered')
    assert.equal(signatures(at.origin).length, 2)
  }
  await using at = await house({ when: 'always', probe: '/slow?r={receipt}' }, cut)
  const receipt = receiptOf(await post(at.shield, 'a=1'))
  await ends(at.shield, receipt, 'delivered')
  assert.equal(signatures(at.origin).length, 1)
  assert.equal(at.origin.of('/slow')[0]?.target, `/slow?r=${receipt}`)
})

test('while the origin is down forms are collected, and delivered once it is back, over a restart too', async () => {
  await using origin = await Origin.start({ [PATH]: { status: 200 } })
  // What was being sent when it was killed may have arrived, as far as anybody can tell.
  const config = configFor(origin, { when: 'always', duplicates: true })
  await origin.stop()
  const receipts: string[] = []
  let data: string
  {
    await using first = await Shield.start({ config })
    for (let i = 0; i < 20; i++) receipts.push(receiptOf(await post(first, `n=${i}`)))
    first.kill('SIGKILL')
    await first.child.ended
    data = mkdtempSync(join(tmpdir(), 'breakwater-kept-'))
    cpSync(first.data, data, { recursive: true })
  }
  await origin.listen()
  await using second = await Shield.start({ config, data })
  for (const receipt of receipts) await ends(second, receipt, 'delivered')
  assert.equal(new Set(signatures(origin).map(({ body }) => body.toString())).size, 20)
  assert.equal(signatures(origin).length, 20)
  rmSync(data, { recursive: true, force: true })
})

test('a receipt that nobody was given leads nowhere', async () => {
  await using at = await house({ when: 'always' })
  await post(at.shield, 'a=1')
  for (const guess of ['1', 'AAAAAAAAAAAAAAAAAAAAAA', '../x', ''])
    assert.equal((await fetch(`${at.shield.url}/.breakwater/receipts/${guess}`)).status, 404)
  const headers = { Accept: 'application/json' }
  const told = await fetch(`${at.shield.url}/.breakwater/receipts/AAAAAAAAAAAAAAAAAAAAAA`, { headers })
  assert.match(await told.text(), /"reason":"receipt-unknown"/)
})

test('people look at forms, export them, set them aside, send them again and erase them from the command line', async () => {
  await using at = await house({ when: 'always' }, ({ body }) => ({ status: body.includes('bad') ? 400 : 200 }))
  const run = (...args: string[]): Promise<string> => command(at.shield, ...args)
  const bad = receiptOf(await post(at.shield, 'email=a%40b.c&bad=1%2C2'))
  await ends(at.shield, bad, 'rejected')
  assert.match(await run('pause'), /Paused: main/)
  const good = receiptOf(await post(at.shield, 'email=d%40e.f'))
  assert.match(await run('list', '--state', 'waiting'), new RegExp(`^${good}  waiting`))
  assert.match(await run('show', bad), /email=a%40b\.c/)
  const [head, first] = (await run('export', '--csv')).split('\r\n')
  assert.equal(head, 'receipt,state,received,site,rule,target,reason,field.email,field.bad')
  assert.match(first!, new RegExp(`^${bad},rejected,.*,a@b\\.c,"1,2"$`))
  assert.match(await run('set-aside', good), /1 form changed/)
  assert.match(await run('retry', good), /1 form changed/)
  assert.match(await run('resume'), /No site is paused/)
  await ends(at.shield, good, 'delivered')
  assert.match(await run('erase', bad), /1 form changed/)
  assert.equal((await stateOf(at.shield, bad)).state, 'erased')
  assert.equal((await run('export')).trim().split('\n').length, 1)
  assert.match(await run('verify'), /sound/)
  await until('status', async () => /delivered +1\n/.test(await run('status')))
  const metrics = await (await at.shield.admit('/metrics')).text()
  assert.match(metrics, /breakwater_journal_forms\{state="delivered"\} 1/)
  const peek = await at.shield.admit('/api/journal', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"do":"list"}',
  })
  assert.equal(peek.status, 401)
})
