// Stored responses taken out by command, over two edges: none of them is served any more once the command has ended.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Child } from '../cli/fixtures/child.ts'
import { Origin } from '../fixtures/origin.ts'
import type { Asked } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { HOST, ask, crowd } from '../fixtures/visitor.ts'

/** Connections enough that both edges get some. */
const VISITORS = 20
const SHOP = 'shop.example.org'
const german = { fields: { 'accept-language': 'de' } }

/** Which version of the page it is. */
const versions =
  (varies = {}) =>
  (asked: Asked) => ({
    fields: { 'cache-control': 'max-age=600', ...varies },
    body: `${asked.path} ${asked.nth}`,
  })

const isNew = (now: string[][], old: string[][]): boolean[] => now.map((each, i) => each.join() !== old[i]!.join())

describe('purge', { timeout: 60_000 }, () => {
  let origin: Origin
  let shield: Shield

  before(async () => {
    origin = await Origin.start({
      '/page': versions(),
      '/spoken': versions({ vary: 'accept-language' }),
      '/kept': versions(),
      '/tagged/a': versions({ 'surrogate-key': 'Article-A list', 'cache-groups': '"letters"' }),
      '/tagged/b': versions({ 'cache-tag': 'article-b, list', xkey: 'x y', 'cache-groups': '"letters"' }),
      '/method/a': versions(),
      '/method/b': versions(),
      '/form': () => ({ fields: { 'cache-group-invalidation': '"letters", "nothing"' }, body: 'done' }),
    })
    const rules = [
      { match: { path: '/**' }, cache: { ignoredQuery: 'utm_*' } },
      { match: { path: '/tagged/b' }, cache: { tags: 'by-rule' } },
    ]
    const main = { name: 'main', hosts: [HOST], origins: [origin.url], rules }
    shield = await Shield.start({ config: { sites: [main, { name: 'shop', hosts: [SHOP], origins: [origin.url] }] } })
  })
  after(() => shield[Symbol.asyncDispose]())
  after(() => origin.stop())

  /** The versions that visitors of both edges get now. */
  async function seen(path: string, wishes = {}): Promise<string[]> {
    await ask(shield.port, path, wishes)
    const all = await crowd(shield.port, path, VISITORS, () => wishes)
    return [...new Set(all.map(({ text }) => text))]
  }

  async function breakwater(...args: string[]): Promise<{ code: number | string; stdout: string; stderr: string }> {
    const child = Child.breakwater(['purge', ...args, '--data', shield.data], shield.folder)
    return { code: await child.ended, stdout: child.stdout, stderr: child.stderr }
  }

  it('takes out one page in all its variants, and no other', async () => {
    assert.deepEqual(await seen('/spoken'), ['/spoken 1'])
    assert.deepEqual(await seen('/spoken', german), ['/spoken 2'])
    assert.deepEqual(await seen('/page?a=1'), ['/page 1'])
    assert.deepEqual(await seen('/kept'), ['/kept 1'])
    const urls = [`http://${HOST}/spoken`, `https://${HOST}/page?utm_source=x&a=1#part`, `http://${HOST}/nothing`]
    const { code, stdout, stderr } = await breakwater('--hard', ...urls)
    const said = '2 of 3 purged; nothing was stored for 1. Nothing of it is served any more. All 2 edges have it.\n'
    assert.deepEqual([code, stdout, stderr], [0, said, ''])
    assert.deepEqual(await seen('/spoken', german), ['/spoken 3'])
    assert.deepEqual(await seen('/spoken'), ['/spoken 4'])
    assert.deepEqual(await seen('/page?a=1'), ['/page 2'])
    assert.deepEqual(await seen('/kept'), ['/kept 1'])
  })

  it('takes out one site, or all', async () => {
    const shop = { fields: { host: SHOP } }
    const before = [await seen('/kept'), await seen('/kept', shop)]
    const { stdout } = await breakwater('--hard', '--site', 'shop')
    assert.equal(stdout, '1 stored response purged. Nothing of it is served any more. All 2 edges have it.\n')
    assert.deepEqual(await seen('/kept'), before[0])
    const renewed = await seen('/kept', shop)
    assert.notDeepEqual(renewed, before[1])
    assert.match(
      (await breakwater('--hard', '--all', '--json')).stdout,
      /"purged": [1-9]\d*,\n *"edges": 2,\n *"silent": 0/,
    )
    assert.equal(
      new Set([...before.flat(), ...renewed, ...(await seen('/kept')), ...(await seen('/kept', shop))]).size,
      5,
    )
  })

  it('serves what was purged softly until something new has come, variants too', async () => {
    const old = [await seen('/spoken'), await seen('/spoken', german), await seen('/page?a=1'), await seen('/kept')]
    const { stdout } = await breakwater(`http://${HOST}/spoken`, `https://${HOST}/page?a=1`)
    const said = '2 of 2 purged. What is stored is served until something new has come. All 2 edges have it.\n'
    assert.equal(stdout, said)
    const first = await ask(shield.port, '/spoken', german)
    assert.deepEqual([first.text], old[1])
    assert.match(first.cache, /hit; ttl=0; detail=purged$/)
    for (const [path, wishes, before] of [
      ['/spoken', {}, old[0]],
      ['/spoken', german, old[1]],
      ['/page?a=1', {}, old[2]],
    ] as const) {
      await until(`${path} is new`, async () => (await seen(path, wishes)).join() !== before!.join())
      assert.equal((await seen(path, wishes)).length, 1)
    }
    assert.deepEqual(await seen('/kept'), old[3])
  })

  it('takes out what lies below a prefix, or on a host', async () => {
    const shop = { fields: { host: SHOP } }
    const before = [await seen('/page?a=1'), await seen('/page?b=1'), await seen('/kept'), await seen('/kept', shop)]
    const { stdout } = await breakwater('--hard', '--prefix', `http://${HOST}/page?a`, '--prefix', `https://${SHOP}/ke`)
    assert.match(stdout, /^2 stored responses purged\./)
    const then = [await seen('/page?a=1'), await seen('/page?b=1'), await seen('/kept'), await seen('/kept', shop)]
    assert.deepEqual(isNew(then, before), [true, false, false, true])
    assert.match((await breakwater('--hard', '--host', HOST)).stdout, /stored responses purged\./)
    const last = [await seen('/page?a=1'), await seen('/page?b=1'), await seen('/kept'), await seen('/kept', shop)]
    assert.deepEqual(isNew(last, then), [true, true, true, false])
  })

  it('purges by tag, hard and softly, and shows visitors no tags', async () => {
    const places = ['/tagged/a', '/tagged/b', '/kept'] as const
    const all = () => Promise.all(places.map(path => seen(path)))
    const before = await all()
    const { fields } = await ask(shield.port, '/tagged/b')
    assert.deepEqual([fields['surrogate-key'], fields['cache-tag'], fields['xkey']], [undefined, undefined, undefined])
    assert.equal(fields['cache-groups'], '"letters"')
    const { code, stdout, stderr } = await breakwater('--hard', '--tag', 'ARTICLE-A', '--tag', 'other')
    assert.deepEqual(
      [code, stdout, stderr],
      [0, 'Purged. Nothing of it is served any more. All 2 edges have it.\n', ''],
    )
    const then = await all()
    assert.deepEqual(isNew(then, before), [true, false, false])
    await breakwater('--tag', 'list', '--site', 'shop')
    assert.deepEqual(await all(), then)
    await breakwater('--tag', 'list', '--site', 'main')
    const told = await Promise.all(places.map(path => ask(shield.port, path)))
    assert.deepEqual(
      told.map(({ text }) => [text]),
      then,
    )
    await until('all with the tag are new', async () => isNew(await all(), then).join() === 'true,true,false')
    const renewed = await all()
    await breakwater('--hard', '--tag', 'letters')
    const last = await all()
    assert.deepEqual(isNew(last, renewed), [true, true, false])
    await breakwater('--hard', '--tag', 'by-rule')
    assert.deepEqual(isNew(await all(), last), [false, true, false])
  })

  it('takes out a group when the answer to a form names it, before whoever sent it has the answer', async () => {
    const before = [await seen('/tagged/a'), await seen('/tagged/b'), await seen('/kept')]
    const { fields } = await ask(shield.port, '/form', { method: 'POST', body: 'x' })
    assert.equal(fields['cache-group-invalidation'], '"letters", "nothing"')
    const then = [await seen('/tagged/a'), await seen('/tagged/b'), await seen('/kept')]
    assert.deepEqual(isNew(then, before), [true, true, false])
  })

  it('says what it cannot do', async () => {
    const answers = [
      await breakwater(),
      await breakwater('--all', '--site', 'shop'),
      await breakwater('--site', 'nowhere'),
      await breakwater('http://elsewhere.example/'),
      await breakwater('--host', 'elsewhere.example'),
      await breakwater('--soft', '--hard', '--all'),
    ]
    assert.deepEqual(
      answers.map(({ code, stderr }) => [code, stderr]),
      [
        [2, 'Say what to purge: URLs, or --tag, --prefix, --host, --site with a name, or --all; one of them.\n'],
        [2, 'Say what to purge: URLs, or --tag, --prefix, --host, --site with a name, or --all; one of them.\n'],
        [2, 'There is no site nowhere.\n'],
        [
          2,
          'Nothing was purged.\nhttp://elsewhere.example/ is not a URL of a site here, as in https://www.example.org/page.\n',
        ],
        [2, 'Nothing was purged.\nelsewhere.example is not a host of a site here, as in www.example.org.\n'],
        [2, 'A purge is soft or hard, not both.\n'],
      ],
    )
  })

  it('asks for the token', async () => {
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"site":null}' }
    assert.equal((await shield.admit('/api/purge', init)).status, 401)
  })

  it('takes the method PURGE on the site itself, with the admin token and not without, and never hands it on', async () => {
    const token = readFileSync(join(shield.data, 'admin-token'), 'utf8').trim()
    const purge = (path: string, fields: Record<string, string> = {}) =>
      ask(shield.port, path, { method: 'PURGE', fields: { authorization: `Bearer ${token}`, ...fields } })
    const hard = { 'purge-mode': 'hard' }
    await seen('/method/a')
    await seen('/method/b')
    for (const authorization of ['', 'Bearer nonsense', `Basic ${token}`, `Bearer ${token}x`]) {
      const refused = await purge('/method/a', { authorization, accept: 'application/json' })
      assert.equal(refused.status, 403, authorization)
      assert.match(refused.text, /"reason":"purge-token"/)
    }
    assert.deepEqual(await seen('/method/a'), ['/method/a 1'])
    const done = await purge('/method/a?utm_source=x', hard)
    assert.equal(done.status, 200)
    const said = { purged: 1, edges: 2, silent: 0, mode: 'hard', word: 'every edge has it (2)' }
    assert.deepEqual(JSON.parse(done.text), said)
    assert.deepEqual([await seen('/method/a'), await seen('/method/b')], [['/method/a 2'], ['/method/b 1']])
    assert.equal(JSON.parse((await purge('/method/*', hard)).text).purged, 2)
    assert.deepEqual([await seen('/method/a'), await seen('/method/b')], [['/method/a 3'], ['/method/b 2']])
    // Soft is the default: what is stored is served once more, while it is fetched.
    assert.equal(JSON.parse((await purge('/method/a')).text).mode, 'soft')
    assert.equal((await ask(shield.port, '/method/a')).text, '/method/a 3')
    await until('it is fetched anew', async () => (await ask(shield.port, '/method/a')).text === '/method/a 4')
    await seen('/tagged/a')
    const before = await seen('/tagged/a')
    assert.equal((await purge('/', { 'surrogate-key': 'article-a', ...hard })).status, 200)
    assert.notDeepEqual(await seen('/tagged/a'), before)
    assert.equal((await purge('/method/a', { 'purge-mode': 'gently' })).status, 400)
    assert.equal((await ask(shield.port, '/x', { method: 'PURGE', fields: { host: 'no.example' } })).status, 421)
    assert.ok(origin.asked.every(({ method }) => method !== 'PURGE'))
  })
})
