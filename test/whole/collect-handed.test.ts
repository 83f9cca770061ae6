// Forms that are handed to a program or a URL in batches, letters about receipts, and a person whose forms are erased.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ConfigInput } from '../../src/config/types.ts'
import { Child } from '../cli/fixtures/child.ts'
import { Mailbox } from '../fixtures/mailbox.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'

const NOWHERE = 'http://127.0.0.1:9'

const start = (collect: object, more: Partial<ConfigInput> = {}): Promise<Shield> => {
  const rules = [
    {
      name: 'sign',
      match: { method: 'POST' as const, path: '/sign' },
      collect: { when: 'always' as const, ...collect },
    },
  ]
  return Shield.start({ config: { ...more, sites: [{ name: 'main', origins: NOWHERE, rules }] } })
}

async function post(shield: Shield, fields: Record<string, string>): Promise<string> {
  const answer = await fetch(`${shield.url}/sign`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams(fields),
  })
  assert.equal(answer.status, 303)
  return answer.headers.get('breakwater-receipt')!
}

const formsOf = async (shield: Shield): Promise<Record<string, number>> => (await shield.stats()).journal?.forms ?? {}

const become = (shield: Shield, state: string, count: number): Promise<void> =>
  until(
    () => `${count} ${state}`,
    async () => (await formsOf(shield))[state] === count,
    30_000,
  )

interface Line {
  receipt: string
  body: string
}

test('a program gets the forms in batches, once more when it fails, and says which it refuses', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-hook-'))
  const program = join(folder, 'import.mjs')
  writeFileSync(
    program,
    `import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
     const lines = readFileSync(0, 'utf8').trim().split('\\n').map(line => JSON.parse(line))
     appendFileSync('${folder}/calls', lines.length + '\\n')
     if (!existsSync('${folder}/failed')) { writeFileSync('${folder}/failed', ''); process.exit(3) }
     for (const each of lines) {
       if (each.body.includes('n=7')) console.log(JSON.stringify({ receipt: each.receipt, rejected: 'seven is taken' }))
       else appendFileSync('${folder}/rows', JSON.stringify(each) + '\\n')
     }`,
  )
  await using shield = await start({ hook: { command: [process.execPath, program], batch: 8, every: '100ms' } })
  const receipts: string[] = []
  for (let i = 0; i < 20; i++) receipts.push(await post(shield, { n: String(i) }))
  await become(shield, 'delivered', 19)
  await become(shield, 'rejected', 1)
  const rows = readFileSync(join(folder, 'rows'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
  assert.deepEqual(new Set(rows.map(({ receipt }) => receipt)), new Set(receipts.filter((_, i) => i !== 7)))
  assert.equal(rows.length, 19)
  assert.ok(
    readFileSync(join(folder, 'calls'), 'utf8')
      .trim()
      .split('\n')
      .every(count => Number(count) <= 8),
  )
  const told = await fetch(`${shield.url}/.breakwater/receipts/${receipts[7]!}`, {
    headers: { Accept: 'application/json' },
  })
  assert.match(await told.text(), /seven is taken/)
  rmSync(folder, { recursive: true })
})

test('a URL gets the forms in signed batches, and again what it did not take', async () => {
  const got: Line[] = []
  let calls = 0
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    request.on('end', () => {
      assert.match(String(request.headers['breakwater-signature']), /^sha256=[0-9a-f]{64}$/)
      response.statusCode = ++calls === 1 ? 500 : 200
      if (calls > 1)
        got.push(
          ...text
            .trim()
            .split('\n')
            .map(line => JSON.parse(line) as Line),
        )
      response.end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  process.env['BREAKWATER_TEST_HOOK'] = 'a secret of some length'
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/import`
  await using shield = await start({ hook: { url, secret: { env: 'BREAKWATER_TEST_HOOK' }, every: '100ms' } })
  const receipts = [await post(shield, { n: '1' }), await post(shield, { n: '2' })]
  await become(shield, 'delivered', 2)
  assert.deepEqual(new Set(got.map(({ receipt }) => receipt)), new Set(receipts))
  assert.ok(calls >= 2)
  server.close()
})

test('whoever gives an address gets a letter with the receipt, and one when the site refuses', async () => {
  await using box = await Mailbox.start()
  const { letters } = box
  const mail = { server: `smtp://127.0.0.1:${box.port}`, from: 'site@example.org' }
  const program = ['/bin/sh', '-c', `sed 's/.*"receipt":"\\([^"]*\\)".*/{"receipt":"\\1","rejected":"too late"}/'`]
  await using shield = await start({ mail: { to: 'email' }, hook: { command: program, every: '100ms' } }, { mail })
  const receipt = await post(shield, { email: 'ann@example.org', name: 'Ann' })
  await until(
    () => 'two letters',
    () => letters.length === 2,
  )
  // Which of two arrives first is up to the mail server.
  const received = letters.find(({ raw }) => raw.includes('Subject: Your form was received'))
  assert.deepEqual(received?.to, ['ann@example.org'])
  assert.ok(received.raw.replaceAll('=\n', '').includes(`/.breakwater/receipts/${receipt}`))
  const refused = letters.find(each => each !== received)
  assert.match(refused!.raw, /Your form was not accepted[^]*too late/)
  await post(shield, { email: 'nobody@example.org>, <eve@example.org', name: 'Eve' })
  await post(shield, { name: 'no address' })
  await become(shield, 'rejected', 3)
  assert.equal(letters.length, 2)
})

test('all forms of a person are erased by their address, in fields and multipart, encrypted or in files', async () => {
  process.env['BREAKWATER_TEST_KEY'] = 'test key '.repeat(8)
  await using shield = await start({ body: '1 MiB' }, { journal: { key: { env: 'BREAKWATER_TEST_KEY' } } })
  await post(shield, { email: 'Ann@Example.org ', text: 'xylophone' })
  await post(shield, { email: 'bob@example.org', text: 'ann@example.org is not me' })
  const large = new FormData()
  large.set('email', 'ann@example.org')
  large.set('file', new Blob(['marimba'.repeat(20_000)]), 'a.txt')
  const sent = await fetch(`${shield.url}/sign`, { method: 'POST', redirect: 'manual', body: large })
  assert.equal(sent.status, 303)
  const bodies = join(shield.data, 'forms', 'bodies')
  assert.equal(readdirSync(bodies).length, 1)
  assert.equal(readFileSync(join(bodies, readdirSync(bodies)[0]!), 'latin1').includes('marimba'), false)
  const erase = Child.breakwater(
    ['journal', 'erase', '--email', 'ANN@example.org', '--json', '--admin', shield.admin, '--data', shield.data],
    shield.folder,
  )
  assert.equal(await erase.ended, 0, erase.stderr)
  assert.deepEqual(JSON.parse(erase.stdout), { changed: 2, left: [] })
  await become(shield, 'erased', 2)
  assert.deepEqual(readdirSync(bodies), [])
  assert.equal(/ann@example/i.test(readFileSync(join(shield.data, 'audit.log'), 'utf8') + shield.child.stdout), false)
})
