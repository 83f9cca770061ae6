// Forms with tokens on pages that a crowd gets from one copy: a petition whose origin makes a session and a token for each
// visitor and takes no form without them. With a real browser, with one that runs no script, and with enemies.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { Origin } from '../fixtures/origin.ts'
import type { Asked, Page } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { ask, crowd } from '../fixtures/visitor.ts'
import type { Wishes } from '../fixtures/visitor.ts'
import { noBrowser, open, openBrowser } from '../watch/fixtures/browser.ts'

const HTML = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'private, no-store' }
/** Tokens by session, and who has signed. */
const tokens = new Map<string, string>()
let signed: string[] = []

const sessionOf = ({ fields }: Asked): string | undefined => /session=([\w-]+)/.exec(fields.cookie ?? '')?.[1]

/** The form, for this session or a new one. */
function petition(asked: Asked): Page {
  const known = sessionOf(asked)
  const session = known !== undefined && tokens.has(known) ? known : randomUUID()
  const token = tokens.get(session) ?? randomUUID()
  tokens.set(session, token)
  const fields = session === known ? HTML : { ...HTML, 'set-cookie': `session=${session}; Path=/; HttpOnly` }
  const body = `<!doctype html><title>Sign</title><meta name="csrf-token" content="${token}"><h1>Süße Petition</h1>
    <form method="post" action="/search?a=1"><input name=q></form>
    <form method="post" action="/sign?from=page" id="sign"><input type="hidden" name="ticket[a b]" value="${token}">
    <input name="email"><textarea name=why></textarea><button name=go value=1>Sign</button></form>`
  return { fields, body }
}

function sign(asked: Asked): Page {
  const sent = new URLSearchParams(asked.body.toString())
  const session = sessionOf(asked)
  if (session === undefined || tokens.get(session) !== sent.get('ticket[a b]')) {
    return { status: 403, fields: HTML, body: 'Forbidden: the token is wrong' }
  }
  signed.push(`${sent.get('email')} ${sent.get('why')} ${sent.get('go')} ${asked.target}`)
  return { fields: HTML, body: `Thank you, ${sent.get('email')}` }
}

const formIn = (html: string) => ({
  action: /<form action="(\/sign[^"]*)"|<form[^>]* action="(\/sign[^"]*)"/
    .exec(html)!
    .slice(1)
    .find(Boolean)!
    .replaceAll('&amp;', '&'),
  body: 'ticket%5Ba+b%5D=&email=ann%40example.org&why=so+it+is&go=1',
})
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

describe('forms with tokens in a spike', { timeout: 120_000 }, () => {
  let origin: Origin
  let shield: Shield

  before(async () => {
    origin = await Origin.start({
      '/': petition,
      '/sign': sign,
      '/mine': petition,
      '/favicon.ico': { status: 204 },
    })
    const rules = [
      { match: { path: '/**' }, spike: { cache: { anonymous: true, for: '1h' as const } } },
      { match: { path: '/mine' }, spike: { cache: { seenBy: 'everyone' as const } } },
    ]
    const site = {
      name: 'main',
      hosts: ['127.0.0.1', 'www.example.org'],
      origins: [origin.url],
      mode: 'spike' as const,
      rules,
    }
    shield = await Shield.start({ config: { sites: [site] } })
  })
  after(() => shield[Symbol.asyncDispose]())
  after(() => origin.stop())
  beforeEach(() => {
    signed = []
  })

  const views = (): number => origin.of('/').length
  const own = () => ({ host: `127.0.0.1:${shield.port}`, origin: shield.url, ...FORM })
  const post = (action: string, body: string, fields: Record<string, string>) =>
    ask(shield.port, action, { method: 'POST', body, fields } satisfies Wishes)
  const view = () => ask(shield.port, '/', { fields: { host: own().host } })

  it('are shown to all from one copy without a token, for which the origin is asked twice', async () => {
    const all = await crowd(shield.port, '/', 20, () => ({ fields: { host: own().host } }))
    assert.equal(views(), 2)
    for (const { text, fields } of all) {
      for (const token of tokens.values()) assert.equal(text.includes(token), false)
      assert.match(text, /Süße Petition/)
      assert.equal(fields['set-cookie'], undefined)
      assert.match(String(fields['breakwater-copy']), /^armed-with-holes; at=\d+; learned="ticket%5Ba%20b%5D"$/)
    }
  })

  it('are filled as they are posted, with the session that the token is of', async () => {
    const { action, body } = formIn((await view()).text)
    const before = views()
    const answer = await post(action, body, own())
    assert.equal(answer.text, 'Thank you, ann@example.org')
    assert.deepEqual(signed, ['ann@example.org so it is 1 /sign?from=page'])
    assert.equal(views(), before + 1)
    const [cookie] = answer.fields['set-cookie']!
    const again = await post(action, body, {
      ...own(),
      cookie: cookie!.split(';')[0]!,
      'sec-fetch-site': 'same-origin',
    })
    assert.equal(again.status, 200)
    assert.equal(again.fields['set-cookie'], undefined, 'the session goes on')
  })

  it('are never filled for another site, for one who does not say who asks, nor by a ticket of somebody’s making', async () => {
    const { action, body } = formIn((await view()).text)
    const { origin: _, ...silent } = own()
    const before = views()
    const enemies: [string, Record<string, string>][] = [
      [action, { ...own(), origin: 'https://evil.test' }],
      [action, { ...own(), 'sec-fetch-site': 'cross-site' }],
      [action, { ...own(), 'sec-fetch-site': 'same-site' }],
      [action, { ...silent, 'sec-fetch-site': 'none' }],
      [action, { ...own(), origin: 'null' }],
      [action, silent],
      [action, { ...own(), host: 'www.example.org', origin: 'http://www.example.org' }],
      [action.replace(/(breakwater-form=).{8}/, '$1AAAAAAAA'), own()],
      [action.replace(/.{4}$/, 'AAAA'), own()],
    ]
    for (const [target, fields] of enemies) {
      const answer = await post(target, body, { ...fields, cookie: `session=${[...tokens.keys()][0]}` })
      assert.equal(answer.status, 403, JSON.stringify(fields))
    }
    assert.deepEqual([views(), signed], [before, []])
    for (const { target } of origin.of('/sign')) assert.doesNotMatch(target, /breakwater/)
  })

  it('give their tokens to nobody but the page’s own script', async () => {
    const ticket = /data-breakwater-form="([^"]+)"/.exec((await view()).text)![1]!
    const path = `/.breakwater/form?breakwater-form=${ticket}`
    const fields = { host: own().host, cookie: `session=${[...tokens.keys()][0]}` }
    const mine = await ask(shield.port, path, { fields })
    assert.deepEqual(JSON.parse(mine.text), {
      fields: { 'ticket[a b]': [...tokens.values()][0] },
      meta: { 'csrf-token': [...tokens.values()][0] },
    })
    assert.equal(mine.fields['cache-control'], 'no-store')
    const cross = await ask(shield.port, path, { fields: { ...fields, 'sec-fetch-site': 'cross-site' } })
    assert.equal(cross.status, 403)
    assert.equal((await ask(shield.port, path.slice(0, -2), { fields })).status, 403)
    assert.equal((await ask(shield.port, '/.breakwater/form', { fields })).status, 404)
    assert.equal((await ask(shield.port, path, { fields, method: 'POST' })).status, 404)
  })

  it('go on with a token that is there already, byte by byte', async () => {
    const { action } = formIn((await view()).text)
    const before = views()
    const [session, token] = [...tokens][0]!
    const body = `email=b%40c.de&ticket%5Ba%20b%5D=${token}&why=%C3%A4&go=2`
    assert.equal((await post(action, body, { ...own(), cookie: `session=${session}` })).status, 200)
    assert.equal(origin.of('/sign').at(-1)!.body.toString(), body)
    assert.equal(views(), before)
  })

  if (noBrowser !== null) {
    const reason = noBrowser
    it('needs a browser', t => t.skip(reason))
    return
  }

  describe('in a browser', () => {
    let browser: Browser
    before(async () => {
      browser = await openBrowser()
    })
    after(() => browser.close())

    it('are filled at the first touch, not at a view', async () => {
      const before = views()
      const { page, wrong } = await open(browser, `${shield.url}/`)
      await page.mouse.wheel(0, 300)
      assert.equal(views(), before)
      await page.locator('#sign [name=email]').fill('eve@example.org')
      await page.waitForFunction(`document.querySelector('#sign input[type=hidden]').value !== ''`)
      // The ticket stays: a form that is collected is repaired by it when it is sent.
      assert.match((await page.locator('#sign').getAttribute('action'))!, /^\/sign\?from=page&breakwater-form=[\w.-]+$/)
      const [{ value: session } = { value: '' }] = await page.context().cookies()
      const token = await page.locator('#sign input[type=hidden]').inputValue()
      assert.equal(token, tokens.get(session))
      assert.equal(await page.locator('meta[name=csrf-token]').getAttribute('content'), token)
      assert.equal(views(), before + 1)
      await page.locator('#sign [name=why]').fill('ü')
      await page.locator('#sign button').click()
      await page.getByText('Thank you, eve@example.org').waitFor()
      assert.deepEqual(signed, ['eve@example.org ü 1 /sign?from=page'])
      assert.deepEqual(wrong, [])
      await page.context().close()
    })

    it('wait for their token when they are sent at once', async () => {
      const { page } = await open(browser, `${shield.url}/`)
      await page.evaluate(`document.querySelector('#sign').requestSubmit(document.querySelector('#sign button'))`)
      await page.getByText('Thank you,').waitFor()
      assert.deepEqual(signed, ['  1 /sign?from=page'])
      await page.context().close()
    })

    it('are filled as they are sent where no script runs', async () => {
      const { page } = await open(browser, `${shield.url}/`, { javaScriptEnabled: false })
      await page.locator('#sign [name=email]').fill('old@example.org')
      await page.locator('#sign button').click()
      await page.getByText('Thank you, old@example.org').waitFor()
      assert.deepEqual(signed, ['old@example.org  1 /sign?from=page'])
      await page.context().close()
    })

    it('of a copy that all see are filled for each in their own session', async () => {
      const session = randomUUID()
      tokens.set(session, `token-of-${session}`)
      const context = await browser.newContext()
      await context.addCookies([{ name: 'session', value: session, url: shield.url }])
      const page = await context.newPage()
      await page.goto(`${shield.url}/mine`)
      assert.equal((await page.content()).includes(session), false)
      await page.locator('#sign [name=email]').fill('anna@example.org')
      await page.locator('#sign button').click()
      await page.getByText('Thank you, anna@example.org').waitFor()
      assert.equal((await context.cookies())[0]!.value, session)
      await context.close()
    })

    it('cannot be sent by another site', async () => {
      const session = randomUUID()
      tokens.set(session, randomUUID())
      const { action } = formIn((await view()).text)
      const evil = await Origin.start({
        '/': {
          fields: { 'content-type': 'text/html' },
          body: `<form method=post action="${shield.url}${action}"><input name=email value=evil><button>go</button></form>`,
        },
      })
      const context = await browser.newContext()
      await context.addCookies([{ name: 'session', value: session, url: shield.url }])
      const page = await context.newPage()
      await page.goto(`http://localhost:${evil.port}/`)
      await page.locator('button').click()
      await page.getByText('Forbidden').waitFor()
      assert.deepEqual(signed, [])
      await context.close()
      await evil.stop()
    })
  })
})
