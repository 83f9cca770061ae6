// The petition site as a visitor meets it: a process of its own, asked over real sockets.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'

const MAIN = join(import.meta.dirname, '../../scenarios/petition/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'petition-test-'))
let site: ChildProcess
let base = ''

before(async () => {
  site = spawn(process.execPath, [MAIN, '--port', '0', '--data', folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface(site.stdout!), 'line')) as [string]
  base = `http://127.0.0.1:${(JSON.parse(line) as { port: number }).port}`
})

after(async () => {
  const ended = once(site, 'exit')
  site.kill('SIGTERM')
  assert.deepEqual(await ended, [0, null], 'SIGTERM ends it with status 0')
  rmSync(folder, { recursive: true })
})

test('pages for everybody may be stored for five seconds and start no session', async () => {
  for (const path of ['/', '/petitions/1', '/search?q=river', '/petitions/1/thanks']) {
    const response = await fetch(base + path)
    assert.equal(response.status, 200, path)
    assert.equal(response.headers.get('cache-control'), 'public, max-age=5')
    assert.equal(response.headers.get('set-cookie'), null)
    assert.match(await response.text(), /<h1>/)
  }
})

test('what a visitor already has is answered with 304, pages and static files alike', async () => {
  for (const path of ['/petitions/3', '/static/site.css']) {
    const etag = (await fetch(base + path)).headers.get('etag')!
    const again = await fetch(base + path, { headers: { 'If-None-Match': etag } })
    assert.equal(again.status, 304)
    assert.equal(again.headers.get('etag'), etag)
  }
})

test('the form page belongs to one visitor: a session, a token, nothing to store', async () => {
  const { response, cookie, token } = await openForm(2)
  assert.equal(response.headers.get('cache-control'), 'private, no-store')
  assert.notEqual(token, '')
  assert.notEqual((await openForm(2)).token, token, 'another visitor has another token')
  assert.match(cookie, /^petition_session=/)
})

test('a signature counts once, is thanked for, and shows', async () => {
  const before = await count(4)
  const { cookie, token } = await openForm(4)
  for (let i = 0; i < 2; i++) {
    const response = await post(4, cookie, { token, name: 'Ada <Q>', email: 'ada.q@mail.example', place: 'Quayside' })
    assert.equal(response.status, 303)
    assert.equal(response.headers.get('location'), '/petitions/4/thanks')
  }
  assert.equal(await count(4), before + 1)
  assert.match(await (await fetch(`${base}/petitions/4`)).text(), /Ada &lt;Q&gt;/)
})

test("a token from another visitor's session is refused", async () => {
  const { cookie } = await openForm(5)
  const { token } = await openForm(5)
  const before = await count(5)
  const response = await post(5, cookie, { token, name: 'Mal', email: 'mal@mail.example', place: 'Fenwick' })
  assert.equal(response.status, 403)
  assert.equal(await count(5), before)
})

test('a faulty form comes back with what was typed and what to mend', async () => {
  const { cookie, token } = await openForm(6)
  const response = await post(6, cookie, { token, name: 'Bo"b', email: 'not-an-address', place: 'Fenwick' })
  assert.equal(response.status, 422)
  const text = await response.text()
  assert.match(text, /value="Bo&quot;b"/)
  assert.match(text, /id="email-fault"/)
  assert.doesNotMatch(text, /id="place-fault"/)
})

test('a search is for words, whatever characters come with them', async () => {
  assert.match(await (await fetch(`${base}/search?q=night+bus`)).text(), /Keep the night bus running/)
  for (const query of ['"', 'AND', 'a* NEAR(b)', '', '<script>']) {
    const response = await fetch(`${base}/search?q=${encodeURIComponent(query)}`)
    assert.equal(response.status, 200, query)
    assert.doesNotMatch(await response.text(), /<script>(?!<)/)
  }
})

test('what is not there or not allowed is said so', async () => {
  assert.equal((await fetch(`${base}/petitions/999999`)).status, 404)
  assert.equal((await fetch(`${base}/nothing`)).status, 404)
  assert.equal((await fetch(`${base}/`, { method: 'DELETE' })).status, 405)
  const large = await fetch(`${base}/petitions/1/signatures`, { method: 'POST', body: 'x'.repeat(20_000) })
  assert.equal(large.status, 413)
})

async function openForm(id: number): Promise<{ response: Response; cookie: string; token: string }> {
  const response = await fetch(`${base}/petitions/${id}/sign`)
  const cookie = response.headers.get('set-cookie')!.split(';')[0]!
  const token = /name="token" value="([^"]+)"/.exec(await response.text())?.[1] ?? ''
  return { response, cookie, token }
}

function post(id: number, cookie: string, fields: Record<string, string>): Promise<Response> {
  const init = { method: 'POST', body: new URLSearchParams(fields), headers: { Cookie: cookie }, redirect: 'manual' }
  return fetch(`${base}/petitions/${id}/signatures`, init as RequestInit)
}

async function count(id: number): Promise<number> {
  const text = await (await fetch(`${base}/petitions/${id}`)).text()
  return Number(/<b>([\d,]+)<\/b> of/.exec(text)![1]!.replaceAll(',', ''))
}
