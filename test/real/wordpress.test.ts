// WordPress as it comes: comments posted while it is away are acknowledged at once, and stand in its database afterwards, each once.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
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
          mode: 'frozen',
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
                delivered: { status: [302], location: '/?p=1' },
              },
            },
          ],
        },
      ],
    },
  })
  const post = (i: number): Promise<Response> =>
    fetch(`${shield.url}/wp-comments-post.php`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({
        ...{ comment: `I was number ${i}.`, author: `Visitor ${i}`, email: `v${i}@example.org`, url: '' },
        ...{ submit: 'Post Comment', comment_post_ID: '1', comment_parent: '0' },
      }),
    })
  const answers = await Promise.all(Array.from({ length: COMMENTS }, (_, i) => post(i)))
  for (const { status } of answers) assert.equal(status, 303)
  const count = "select count(*) from wp_comments where comment_author like 'Visitor %'"
  assert.deepEqual(wordpress.sql(count), ['0'], 'nothing is sent while the site is frozen')

  await goOn(shield)
  const delivered = async (): Promise<boolean> => (await shield.stats()).journal?.forms.delivered === COMMENTS
  await until('all delivered', delivered, 60_000)
  const rows = wordpress.sql(
    "select comment_content, count(*) from wp_comments where comment_author like 'Visitor %' group by 1",
  )
  const expected = Array.from({ length: COMMENTS }, (_, i) => `I was number ${i}.\t1`)
  assert.deepEqual(rows.sort(), expected.sort())
})

async function goOn(shield: Shield): Promise<void> {
  const token = readFileSync(join(shield.data, 'admin-token'), 'utf8').trim()
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }
  const answer = await shield.admit('/api/mode', { method: 'POST', headers, body: JSON.stringify({ mode: 'normal' }) })
  assert.equal(answer.status, 200)
}
