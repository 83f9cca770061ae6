// A rehearsal at a site behind the shield: the shield knows its own crowd by its mark, keeps nothing of its forms and counts
// nobody of it; and a rehearsal at a site in use stops itself when visitors suffer.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { REHEARSAL_FIELD, rehearsalMark } from '../../src/http/rehearsal.ts'
import { runLoad } from '../../src/rehearse/load.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'

const TOKEN = 'a token of this test alone'
const PROGRAM = fileURLToPath(new URL('../../bin/breakwater.mjs', import.meta.url))

test("a rehearsal's forms are acknowledged and forgotten, and its visitors are counted nowhere", async t => {
  const folder = mkdtempSync(join(tmpdir(), 'rehearsed-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'token')
  writeFileSync(file, TOKEN)
  const origin = await Origin.start({
    '/': { status: 200, fields: { 'cache-control': 'max-age=60' } },
    '/sign': { status: 303 },
  })
  const collect = { when: 'always', fields: { name: { required: true } } } as const
  const rules = [{ name: 'sign', match: { method: 'POST', path: '/sign' }, collect }]
  const sites = [{ name: 'main', origins: origin.url, rules }]
  t.after(() => origin.stop())
  await using shield = await Shield.start({ config: { rehearsal: { hosts: [], token: { file } }, sites } })
  const paths = [{ path: '/', weight: 3 }, { path: '/sign', weight: 1, form: { name: 'Ada' } }] // prettier-ignore
  const crowd = { paths, shape: { kind: 'constant', rate: 60 }, seconds: 3, newVisitors: 0.5, seed: 3 } as const
  const consent = { hosts: [], token: TOKEN }
  const run = await runLoad({ target: shield.url, consent, ...crowd, paths: [...paths] })
  const { good, lost } = await run.result
  assert.ok(good > 100 && lost === 0, `${good} good, ${lost} lost`)
  const told = async () => {
    const { journal, visitors, apdex } = await shield.stats()
    const { satisfied, tolerating, frustrated } = apdex[0]!.answers
    return { forms: journal?.accepted, visitors: visitors.five, answers: satisfied + tolerating + frustrated }
  }
  await new Promise(resolve => setTimeout(resolve, 2500))
  // The journal tells of itself once a second.
  await until('the journal has told', async () => (await shield.stats()).journal !== null)
  assert.deepEqual(await told(), { forms: 0, visitors: 0, answers: 0 })
  assert.equal(origin.of('/sign').length, 0)

  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', [REHEARSAL_FIELD]: rehearsalMark(TOKEN) }
  const answer = await fetch(`${shield.url}/sign`, { method: 'POST', body: 'name=Ada', headers, redirect: 'manual' })
  assert.match(answer.headers.get('breakwater-receipt')!, /^rehearsal-[0-9a-f]{12}$/)
  const page = await fetch(shield.url + answer.headers.get('location')!)
  assert.match(await page.text(), /no longer kept/)
  const wrong = await fetch(`${shield.url}/sign`, { method: 'POST', body: 'age=3', headers, redirect: 'manual' })
  assert.equal(wrong.status, 422, 'it is judged like any other')

  // Whoever has another mark is a visitor.
  const other = { ...headers, [REHEARSAL_FIELD]: rehearsalMark('another token than that') }
  await fetch(`${shield.url}/sign`, { method: 'POST', body: 'name=Ada', headers: other, redirect: 'manual' })
  await until('the form is taken', async () => (await told()).forms === 1)
  await (
    await runLoad({ target: shield.url, ...crowd, paths: [{ path: '/', weight: 1 }], seconds: 1 })
  ).result
  await until('visitors are counted', async () => (await told()).visitors > 0 && (await told()).answers > 0)
})

test('with --live it stops itself when visitors suffer, tells why, and reports what was seen until then', async () => {
  const slow = createServer((_request, response) => void setTimeout(() => response.end('late'), 1600))
  await once(slow.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`
  const args = ['rehearse', url, '--rate', '30', '--seconds', '60', '--live', '0.85', '--no-keep', '--json']
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (err += bytes.toString()))
  const started = performance.now()
  const [code] = (await once(child, 'close')) as [number]
  slow.close().closeAllConnections()
  assert.ok(performance.now() - started < 40_000, 'long before its 60 s')
  assert.equal(code, 130)
  assert.match(err, /^Stopped: the Apdex of the crowd was 0\.\d\d for 3 s, below the floor of 0\.85\.$/m)
  assert.equal((JSON.parse(out) as { stopped: boolean }).stopped, true)
})

test('with --live and a shield that does not tell, nobody is sent', async () => {
  const args = ['rehearse', 'http://127.0.0.1:1', '--live', '0.85', '--admin', '127.0.0.1:1', '--no-keep']
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  const [said] = (await once(child.stderr, 'data')) as [Buffer]
  assert.match(said.toString(), /does not tell how visitors fare, so nothing would stop the rehearsal/)
  if (child.exitCode === null) await once(child, 'exit')
  assert.equal(child.exitCode, 2)
})
