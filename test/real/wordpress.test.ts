// WordPress as it comes: comments posted while it is away are acknowledged at once, and stand in its database afterwards, each once. Where
// they need a nonce, each gets one that holds as it is sent; what another site posts does not.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import { RealSite, missingFor } from './site.ts'

const COMMENTS = 30

test('comments reach WordPress later, each once', { timeout: 240_000 }, async context => {
  const missing = missingFor('wordpress.sh')
  if (missing !== '') return context.skip(missing)
  await using wordpress = await RealSite.start('wordpress.sh')
  await using shield = await Shield.start({
    config: {
      sites: [
        {
          name: 'town',
          origins: wordpress.url,
          rules: [
            {
              name: 'comments',
              match: { method: 'POST', path: '/wp-comments-post.php' },
              collect: {
                when: 'frozen',
                fields: {
                  comment: { required: true },
                  author: { required: true },
                  email: { type: 'email', required: true },
                },
                repair: 'fresh',
                delivered: { status: [302], location: '/?p' },
              },
            },
          ],
        },
      ],
    },
  })
  const host = `127.0.0.1:${shield.port}`
  const own = {
    ...{ host, origin: shield.url, 'sec-fetch-site': 'same-origin' },
    'content-type': 'application/x-www-form-urlencoded',
  }
  const post = async (i: number, onto: '1' | '2', fields: Record<string, string> = own): Promise<number> => {
    const body = new URLSearchParams({
      ...{ comment: `I was number ${i}.`, author: `Visitor ${i}`, email: `v${i}@example.org`, url: '' },
      ...{ submit: 'Post Comment', comment_post_ID: onto, comment_parent: '0', _wpnonce: '0123456789' },
    })
    const target = onto === '1' ? '/wp-comments-post.php' : action
    return (await ask(shield.port, target, { method: 'POST', fields, body: body.toString() })).status
  }
  const { text } = await ask(shield.port, '/?page_id=2', { fields: { host } })
  assert.match(text, /name="_wpnonce"/)
  const action = /action="[^"]*(\/wp-comments-post\.php\?breakwater-form=[^"]*)"/.exec(text)?.[1] ?? ''
  assert.notEqual(action, '')
  await mode(shield, 'frozen')
  const answers = await Promise.all(Array.from({ length: COMMENTS }, (_, i) => post(i, i % 3 === 0 ? '2' : '1')))
  for (const status of answers) assert.equal(status, 303)
  const elsewhere = { ...own, origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }
  assert.equal(await post(666, '2', elsewhere), 303)
  const count = "select count(*) from wp_comments where comment_author like 'Visitor %'"
  assert.deepEqual(wordpress.sql(count), ['0'], 'nothing is sent while the site is frozen')

  await mode(shield, 'normal')
  const ended = async (): Promise<boolean> => {
    const forms = (await shield.stats()).journal?.forms
    return forms?.delivered === COMMENTS && forms.rejected === 1
  }
  await until('all delivered, and one rejected', ended, 120_000)
  const rows = wordpress.sql(
    "select comment_content, count(*) from wp_comments where comment_author like 'Visitor %' group by 1",
  )
  const expected = Array.from({ length: COMMENTS }, (_, i) => `I was number ${i}.\t1`)
  assert.deepEqual(rows.sort(), expected.sort())
})

async function mode(shield: Shield, name: string): Promise<void> {
  const token = readFileSync(join(shield.data, 'admin-token'), 'utf8').trim()
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }
  const answer = await shield.admit('/api/mode', { method: 'POST', headers, body: JSON.stringify({ mode: name }) })
  assert.equal(answer.status, 200)
}
