// Forms with tokens that are collected and sent hours later, when every token and perhaps the session is over: the page is asked
// for again, in a session of its own or in the visitor's. Another site's post is never repaired.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ConfigInput } from '../../src/config/types.ts'
import { Origin } from '../fixtures/origin.ts'
import type { Asked, Page } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'

const HTML = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'private, no-store' }
const URLENCODED = { 'content-type': 'application/x-www-form-urlencoded' }
const BOUNDARY = 'xyzzy'

/** A site that makes a token for each session, and takes no form without it. */
class Site {
  readonly tokens = new Map<string, string>()
  signed: string[] = []
  refused = 0

  readonly pages = {
    '/page': (asked: Asked): Page => this.#page(asked),
    '/sign': (asked: Asked): Page => this.#sign(asked),
  }

  /** As if a night had gone by: tokens are made anew, sessions go on. */
  night(): void {
    for (const session of this.tokens.keys()) this.tokens.set(session, randomUUID())
  }

  #page(asked: Asked): Page {
    const known = sessionOf(asked)
    const session = known !== undefined && this.tokens.has(known) ? known : randomUUID()
    const token = this.tokens.get(session) ?? randomUUID()
    this.tokens.set(session, token)
    const fields = session === known ? HTML : { ...HTML, 'set-cookie': `session=${session}; Path=/; HttpOnly` }
    const body = `<!doctype html><meta name="csrf-token" content="${token}">
      <form method="post" action="/sign"><input type="hidden" name="csrf_token" value="${token}"><input name="name"></form>`
    return { fields, body }
  }

  #sign(asked: Asked): Page {
    const { name, token } = readForm(asked)
    const session = sessionOf(asked)
    const header = asked.fields['x-csrf-token']
    const isRight = session !== undefined && this.tokens.get(session) === (header ?? token)
    if (!isRight) {
      this.refused++
      return { status: 403, fields: HTML, body: 'the token is wrong' }
    }
    this.signed.push(`${name} ${session}`)
    return { status: 303, fields: { location: '/thanks' } }
  }
}

const sessionOf = ({ fields }: Asked): string | undefined => /session=([\w-]+)/.exec(fields.cookie ?? '')?.[1]

function readForm({ fields, body }: Asked): { name: string; token: string } {
  const text = body.toString()
  const type = String(fields['content-type'])
  if (type.startsWith('multipart/')) {
    const part = (name: string): string => new RegExp(`name="${name}"\r\n\r\n(.*?)\r\n`).exec(text)?.[1] ?? ''
    return { name: part('name'), token: part('csrf_token') }
  }
  const sent = new URLSearchParams(text)
  return { name: sent.get('name') ?? '', token: sent.get('csrf_token') ?? '' }
}

interface House extends AsyncDisposable {
  site: Site
  origin: Origin
  shield: Shield
}

async function house(repair: 'fresh' | 'visitor', more: object = {}, spike?: object): Promise<House> {
  const site = new Site()
  const origin = await Origin.start(site.pages)
  const config: ConfigInput = {
    journal: { key: { env: 'BREAKWATER_TEST_KEY' } },
    sites: [
      {
        name: 'main',
        hosts: ['127.0.0.1'],
        origins: origin.url,
        ...(spike === undefined ? {} : { mode: 'spike' as const }),
        rules: [
          ...(spike === undefined ? [] : [{ match: { path: '/page' }, spike }]),
          { name: 'sign', match: { method: 'POST', path: '/sign' }, collect: { when: 'always', repair, ...more } },
        ],
      },
    ],
  }
  process.env['BREAKWATER_TEST_KEY'] = 'test key '.repeat(8)
  const shield = await Shield.start({ config })
  await command(shield, { do: 'pause' })
  return {
    ...{ site, origin, shield },
    async [Symbol.asyncDispose]() {
      await shield[Symbol.asyncDispose]()
      await origin.stop()
    },
  }
}

async function command(shield: Shield, wish: object): Promise<Record<string, unknown>> {
  const token = readFileSync(join(shield.data, 'admin-token'), 'utf8').trim()
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }
  await until('the journal is open', async () => (await shield.stats()).journal?.open === true)
  const answer = await shield.admit('/api/journal', { method: 'POST', headers, body: JSON.stringify(wish) })
  return (await answer.json()) as Record<string, unknown>
}

const states = async (shield: Shield): Promise<string[]> =>
  ((await command(shield, { do: 'list' }))['forms'] as { state: string }[]).map(({ state }) => state)

const ended = (shield: Shield, expected: string[]): Promise<void> =>
  until(`the forms are ${expected.join()}`, async () => String(await states(shield)) === String(expected))

const host = (shield: Shield): string => `127.0.0.1:${shield.port}`

/** A browser that has the page: its action, what stands in it, and its cookie. */
async function visit(shield: Shield, cookie = ''): Promise<{ action: string; token: string; cookie: string }> {
  const page = await ask(shield.port, '/page', { fields: { host: host(shield), ...(cookie && { cookie }) } })
  const action = / action="([^"]*)"/.exec(page.text)![1]!.replaceAll('&amp;', '&')
  const token = /name="csrf_token" value="([^"]*)"/.exec(page.text)?.[1] ?? ''
  return { action, token, cookie: (page.fields['set-cookie']?.[0] ?? cookie).split(';')[0]! }
}

const own = (shield: Shield): Record<string, string> => ({
  host: host(shield),
  origin: `http://${host(shield)}`,
  'sec-fetch-site': 'same-origin',
})

test('a form is sent with the token of a session of its own, after the one that it came with is over', async () => {
  await using at = await house('fresh')
  const { action, token, cookie } = await visit(at.shield)
  assert.match(action, /^\/sign\?breakwater-form=/)
  const body = `csrf_token=${token}&name=Ann`
  const answer = await ask(at.shield.port, action, {
    ...{ method: 'POST', body },
    fields: { ...own(at.shield), ...URLENCODED, cookie },
  })
  assert.equal(answer.status, 303)
  at.site.night()
  await command(at.shield, { do: 'resume' })
  await ended(at.shield, ['delivered'])
  assert.equal(at.site.signed.length, 1)
  assert.match(at.site.signed[0]!, /^Ann /)
  assert.equal(at.site.signed[0]!.includes(cookie.split('=')[1]!), false, 'not in the visitor’s session')
  for (const { target } of at.origin.of('/sign')) assert.equal(target, '/sign')
})

test('a form is sent in the visitor’s own session, multipart as well, and the cookie lies on disk encrypted', async () => {
  await using at = await house('visitor')
  const { action, token, cookie } = await visit(at.shield)
  const part = (name: string, value: string): string =>
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const body = `${part('csrf_token', token)}${part('name', 'Bob')}--${BOUNDARY}--\r\n`
  const type = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }
  const answer = await ask(at.shield.port, action, {
    method: 'POST',
    body,
    fields: { ...own(at.shield), ...type, cookie },
  })
  assert.equal(answer.status, 303)
  const session = cookie.split('=')[1]!
  for (const file of readdirSync(join(at.shield.data, 'forms')).filter(name => name.startsWith('forms.sqlite')))
    assert.equal(readFileSync(join(at.shield.data, 'forms', file), 'latin1').includes(session), false, file)
  at.site.night()
  await command(at.shield, { do: 'resume' })
  await ended(at.shield, ['delivered'])
  assert.deepEqual(at.site.signed, [`Bob ${session}`])
})

test('the header that a script sends the page’s token in is replaced too', async () => {
  await using at = await house('visitor')
  const { action, token, cookie } = await visit(at.shield)
  const fields = {
    ...own(at.shield),
    ...URLENCODED,
    cookie,
    'x-csrf-token': token,
    'x-requested-with': 'XMLHttpRequest',
  }
  await ask(at.shield.port, action, { method: 'POST', body: 'name=Cleo', fields })
  at.site.night()
  await command(at.shield, { do: 'resume' })
  await ended(at.shield, ['delivered'])
  assert.deepEqual(at.site.signed, [`Cleo ${cookie.split('=')[1]!}`])
})

test('a form of a page that everyone has a copy of, without a token, is sent with one', async () => {
  await using at = await house('fresh', {}, { cache: { anonymous: true, for: '1h' } })
  await visit(at.shield)
  const { action, token } = await visit(at.shield)
  assert.equal(token, '')
  const fields = { ...own(at.shield), ...URLENCODED }
  await ask(at.shield.port, action, { method: 'POST', body: 'csrf_token=&name=Dora', fields })
  at.site.night()
  await command(at.shield, { do: 'resume' })
  await ended(at.shield, ['delivered'])
  assert.match(String(at.site.signed), /^Dora /)
})

test('a cross-site post is never repaired, nor one without a ticket of ours: the site refuses it as it came', async () => {
  await using at = await house('visitor')
  const { action, token, cookie } = await visit(at.shield)
  at.site.night()
  const { origin: _, 'sec-fetch-site': __, ...silent } = own(at.shield)
  const enemies: [string, Record<string, string>][] = [
    [action, { ...own(at.shield), 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }],
    [action, { ...own(at.shield), 'sec-fetch-site': 'same-site' }],
    [action, { ...own(at.shield), origin: 'https://evil.test' }],
    [action, { ...own(at.shield), origin: 'null' }],
    [action, silent],
    ['/sign', own(at.shield)],
    [action.replace(/(breakwater-form=).{8}/, '$1AAAAAAAA'), own(at.shield)],
    [action.replace(/.{4}$/, 'AAAA'), own(at.shield)],
  ]
  const asked = at.origin.of('/page').length
  for (const [target, fields] of enemies) {
    const wishes = {
      method: 'POST',
      body: `csrf_token=${token}&name=Eve`,
      fields: { ...fields, ...URLENCODED, cookie },
    }
    assert.equal((await ask(at.shield.port, target, wishes)).status, 303)
  }
  await command(at.shield, { do: 'resume' })
  await ended(
    at.shield,
    enemies.map(() => 'rejected'),
  )
  assert.deepEqual(at.site.signed, [])
  assert.equal(at.site.refused, enemies.length)
  assert.equal(at.origin.of('/page').length, asked, 'no page was asked for')
})

test('what may not be repaired is refused at once where the rule says so', async () => {
  await using at = await house('fresh', { unrepaired: 'refuse' })
  const { action } = await visit(at.shield)
  const body = 'csrf_token=&name=Eve'
  const evil = { ...own(at.shield), origin: 'https://evil.test', 'sec-fetch-site': 'cross-site', ...URLENCODED }
  const refused = await ask(at.shield.port, action, { method: 'POST', body, fields: evil })
  assert.equal(refused.status, 403)
  assert.match(refused.text, /form-ticket|none of a page/)
  const fields = { ...own(at.shield), ...URLENCODED }
  assert.equal((await ask(at.shield.port, '/sign', { method: 'POST', body, fields })).status, 403)
  assert.equal((await ask(at.shield.port, action, { method: 'POST', body, fields })).status, 303)
})
