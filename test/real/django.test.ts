// Django's own protection against cross-site posts, in Debian's Django: its forms are collected, sent when each token and cookie they
// came with is worth nothing any more, and stand in its database, each once. What another site posts does not.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import { RealSite, missingFor } from './site.ts'

const SIGNERS = 20

test(
  'forms that Django protects reach its database later, each once; a cross-site one never',
  { timeout: 240_000 },
  async context => {
    const missing = missingFor('django.sh')
    if (missing !== '') return context.skip(missing)
    await using django = await RealSite.start('django.sh')
    const collect = {
      when: 'frozen' as const,
      repair: 'fresh' as const,
      fields: { name: { required: true }, email: { type: 'email' as const, required: true } },
      dedupe: ['email'],
      delivered: { status: [302], location: '/thanks' },
    }
    const rules = [{ name: 'book', match: { method: 'POST' as const, path: '/book' }, collect }]
    await using shield = await Shield.start({
      config: { sites: [{ name: 'main', hosts: ['127.0.0.1'], origins: django.url, rules }] },
    })
    const host = `127.0.0.1:${shield.port}`
    const own = {
      host,
      origin: shield.url,
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/x-www-form-urlencoded',
    }
    const view = async () => {
      const { text, fields } = await ask(shield.port, '/book', { fields: { host } })
      const action = /<form[^>]* action="([^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? ''
      const token = /name="csrfmiddlewaretoken" value="([^"]*)"/.exec(text)?.[1] ?? ''
      return { action, token, cookie: String(fields['set-cookie']).split(';')[0]! }
    }
    const page = await view()
    assert.match(page.action, /^\/book\?breakwater-form=/)
    assert.notEqual(page.token, '')
    await mode(shield, 'frozen')
    const post = async (i: number, more: Record<string, string> = {}): Promise<number> => {
      const body = new URLSearchParams({
        csrfmiddlewaretoken: 'x'.repeat(64),
        name: `Signer ${i}`,
        email: `s${i}@example.org`,
        message: `Entry ${i}`,
      })
      // Neither the token nor the cookie is one that Django knows.
      const fields = { ...own, cookie: `csrftoken=${'y'.repeat(32)}`, ...more }
      return (await ask(shield.port, page.action, { method: 'POST', fields, body: body.toString() })).status
    }
    assert.deepEqual(new Set(await Promise.all(Array.from({ length: SIGNERS }, (_, i) => post(i)))), new Set([303]))
    assert.equal(await post(0), 303, 'the same once more gets the receipt of the first')
    assert.equal(await post(666, { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }), 303)
    assert.deepEqual(django.sql('select count(*) from entry'), ['0'])

    await mode(shield, 'normal')
    const counts = async (): Promise<string> => {
      // Null until the journal has told how it is, which it does each second.
      const forms = (await shield.stats()).journal?.forms
      return `${forms?.delivered} ${forms?.rejected}`
    }
    await until(
      () => 'all sent',
      async () => (await counts()) === `${SIGNERS} 1`,
      90_000,
    )
    const expected = Array.from({ length: SIGNERS }, (_, i) => `Entry ${i}\t1`)
    assert.deepEqual(django.sql('select message, count(*) from entry group by 1').sort(), expected.sort())
  },
)

async function mode(shield: Shield, name: string): Promise<void> {
  const token = readFileSync(join(shield.data, 'admin-token'), 'utf8').trim()
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }
  const answer = await shield.admit('/api/mode', { method: 'POST', headers, body: JSON.stringify({ mode: name }) })
  assert.equal(answer.status, 200)
}
