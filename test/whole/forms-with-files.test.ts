// Forms with files on pages that a crowd gets from one copy: they are posted as multipart/form-data, and where no script runs they get
// their token on the way, however large the files are.

import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { Multipart } from '../../src/collect/multipart.ts'
import { Origin } from '../fixtures/origin.ts'
import type { Asked, Page } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import { noBrowser, open, openBrowser } from '../watch/fixtures/browser.ts'

const HTML = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'private, no-store' }
const tokens = new Map<string, string>()
let received: string[] = []
let isIll = false

const sessionOf = ({ fields }: Asked): string | undefined => /session=([\w-]+)/.exec(fields.cookie ?? '')?.[1]
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex').slice(0, 12)

function page(asked: Asked): Page {
  // Whoever looks for tokens while it is ill gets none.
  if (isIll && asked.nth > 2) return { status: 503, fields: HTML, body: 'ill' }
  const known = sessionOf(asked)
  const session = known !== undefined && tokens.has(known) ? known : randomUUID()
  const token = tokens.get(session) ?? randomUUID()
  tokens.set(session, token)
  const fields = session === known ? HTML : { ...HTML, 'set-cookie': `session=${session}; Path=/; HttpOnly` }
  const body = `<!doctype html><title>Send</title><h1>Send a photo</h1>
    <form method="post" action="/send" id="send" enctype="multipart/form-data">
    <input name="email"><input type="file" name="photo">
    <input type="hidden" name="csrf_token" value="${token}"><button name="go" value="1">Send</button></form>`
  return { fields, body }
}

async function send(asked: Asked): Promise<Page> {
  const form = new Multipart(asked.fields['content-type']!)
  form.write(asked.body)
  const content = await form.end()
  const session = sessionOf(asked)
  const token = content?.values.get('csrf_token')?.join('|')
  if (session === undefined || token === undefined || tokens.get(session) !== token)
    return { status: 403, fields: HTML, body: 'Forbidden: the token is wrong' }
  received.push(`${content?.values.get('email')?.join()} ${content?.files.get('photo')?.join() ?? 'no photo'}`)
  return { fields: HTML, body: `Thank you, ${content?.values.get('email')?.join()}` }
}

const BOUNDARY = '----WebKitFormBoundaryTest'
const part = (head: string, value: Buffer | string): Buffer =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ])
/** As a browser posts it; the field of the token stands behind the file. */
const formWith = (photo: Buffer, token: string | undefined = ''): Buffer =>
  Buffer.concat([
    part('name="email"', 'ann@example.org'),
    part('name="photo"; filename="p.png"\r\nContent-Type: image/png', photo),
    ...(token === undefined ? [] : [part('name="csrf_token"', token)]),
    Buffer.from(`--${BOUNDARY}--\r\n`),
  ])
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`

describe('forms with files in a spike', { timeout: 120_000 }, () => {
  let origin: Origin
  let shield: Shield
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-photo-'))

  before(async () => {
    origin = await Origin.start({ '/': page, '/send': send, '/ill': page, '/favicon.ico': { status: 204 } })
    const rules = [{ match: { path: '/**' }, spike: { cache: { anonymous: true, for: '1h' as const } } }]
    const site = { name: 'main', hosts: ['127.0.0.1'], origins: [origin.url], mode: 'spike' as const, rules }
    shield = await Shield.start({ config: { sites: [site] } })
  })
  after(() => shield[Symbol.asyncDispose]())
  after(() => origin.stop())
  after(() => rmSync(folder, { recursive: true }))
  beforeEach(() => {
    received = []
    isIll = false
  })

  const own = () => ({ host: `127.0.0.1:${shield.port}`, origin: shield.url, 'content-type': TYPE })
  const actionOn = async (path: string): Promise<string> => {
    const { text } = await ask(shield.port, path, { fields: { host: own().host } })
    for (const token of tokens.values()) assert.equal(text.includes(token), false)
    return /<form[^>]* action="([^"]*)"/.exec(text)![1]!.replaceAll('&amp;', '&')
  }
  const post = (action: string, body: Buffer, fields: Record<string, string>) =>
    ask(shield.port, action, { method: 'POST', body, fields })

  it('are filled as they are posted, every byte of a large file as it was, with the session that the token is of', async () => {
    const photo = randomBytes(6 * 1024 * 1024)
    const action = await actionOn('/')
    const before = origin.of('/').length
    const answer = await post(action, formWith(photo), own())
    assert.equal(answer.text, 'Thank you, ann@example.org')
    assert.deepEqual(received, [`ann@example.org ${photo.length}`])
    const { body } = origin.of('/send').at(-1)!
    const at = body.indexOf('image/png\r\n\r\n') + 13
    assert.equal(digest(body.subarray(at, at + photo.length)), digest(photo))
    assert.equal(body.length, formWith(photo).length + 36)
    assert.match(answer.fields['set-cookie']![0]!, /^session=/)
    assert.equal(origin.of('/').length, before + 1)
    for (const { target } of origin.of('/send')) assert.doesNotMatch(target, /breakwater/)
  })

  it('get a field for the token where the post has none', async () => {
    const answer = await post(await actionOn('/'), formWith(Buffer.from('PNG'), undefined), own())
    assert.equal(answer.text, 'Thank you, ann@example.org')
  })

  it('go on byte by byte, and cost no request, where the token is there already', async () => {
    const [session, token] = [...tokens][0]!
    const action = await actionOn('/')
    const before = origin.of('/').length
    const body = formWith(Buffer.from('PNG'), token)
    assert.equal((await post(action, body, { ...own(), cookie: `session=${session}` })).status, 200)
    assert.deepEqual(origin.of('/send').at(-1)!.body, body)
    assert.equal(origin.of('/').length, before)
  })

  it('are never filled for another site, for one who does not say who asks, nor where the body is encoded', async () => {
    const action = await actionOn('/')
    const before = origin.of('/').length
    const cookie = `session=${[...tokens.keys()][0]}`
    const { origin: _, ...silent } = own()
    for (const fields of [
      { ...own(), origin: 'https://evil.test' },
      { ...own(), 'sec-fetch-site': 'cross-site' },
      silent,
      { ...own(), 'content-encoding': 'x-own' },
    ])
      assert.equal((await post(action, formWith(Buffer.from('PNG')), { ...fields, cookie })).status, 403)
    assert.deepEqual([origin.of('/').length, received], [before, []])
  })

  it('reach the origin without a token where the page that has it fails', async () => {
    const action = await actionOn('/ill')
    isIll = true
    assert.equal((await post(action, formWith(Buffer.from('PNG')), own())).status, 403)
    const { body } = origin.of('/send').at(-1)!
    assert.deepEqual(body, formWith(Buffer.from('PNG')))
  })

  it('of a visitor who leaves in the middle of the file reach no origin', async () => {
    const action = await actionOn('/')
    const before = origin.of('/send').length
    const gone = (await shield.stats()).counters['gone']!.total!
    const socket = connect(shield.port, '127.0.0.1')
    const head = Object.entries({ ...own(), 'content-length': '100000' }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    )
    socket.write(`POST ${action} HTTP/1.1\r\n${head.join('')}\r\n`)
    await new Promise(resolve => socket.write(formWith(Buffer.from('PNG')).subarray(0, 150), resolve))
    socket.resetAndDestroy()
    await until('it is counted as gone', async () => (await shield.stats()).counters['gone']!.total! > gone)
    assert.equal(origin.of('/send').length, before)
  })

  if (noBrowser !== null) {
    const reason = noBrowser
    it('needs a browser', t => t.skip(reason))
    return
  }

  it('work in a browser, with and without scripts', async () => {
    const photo = join(folder, 'photo.png')
    writeFileSync(photo, randomBytes(300_000))
    const browser = await openBrowser()
    try {
      for (const javaScriptEnabled of [false, true]) {
        received = []
        const { page: tab } = await open(browser, `${shield.url}/`, { javaScriptEnabled })
        await tab.locator('#send [name=email]').fill('eve@example.org')
        await tab.locator('#send [name=photo]').setInputFiles(photo)
        await tab.locator('#send button').click()
        await tab.getByText('Thank you, eve@example.org').waitFor()
        assert.deepEqual(received, ['eve@example.org 300000'])
        await tab.context().close()
      }
    } finally {
      await browser.close()
    }
  })
})
