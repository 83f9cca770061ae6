// What rules say, seen from outside: by visitors on one side and by the origin on the other.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { ConfigInput } from '../../src/config/types.ts'
import { Origin } from '../fixtures/origin.ts'
import type { Asked, Page } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { ask } from '../fixtures/visitor.ts'

type Rules = NonNullable<Extract<ConfigInput['sites'], unknown[]>[number]['rules']>

const rules: Rules = [
  { name: 'news', match: { path: '/news/**' }, cache: { lifetime: '1 min', ignoredCookies: ['_ga*'] } },
  { name: 'errors', match: { path: '/news/**', status: '4xx' }, cache: { lifetime: '2s' } },
  { name: 'data', match: { path: '/news/**', contentType: 'application/json' }, cache: { bypass: true } },
  {
    name: 'told',
    match: { path: '/told' },
    cache: { lifetime: '1 min', browserLifetime: '10s', cdnLifetime: '5 min' },
  },
  {
    name: 'money',
    match: { path: '/shop/**' },
    cache: { lifetime: '1 min', keyedCookies: ['currency'], browserLifetime: '10s', cdnLifetime: '10s' },
  },
  { name: 'country', match: { path: '/by-country' }, cache: { lifetime: '1 min', keyedHeaders: ['X-Country'] } },
  { name: 'override', match: { path: '/by-host' }, cache: { lifetime: '1 min', keyedHeaders: ['X-Host'] } },
  { name: 'members', match: { path: '/members/**' }, cache: { sessionCookies: ['sid'] } },
  { name: 'beta', match: { path: '/home', cookie: { beta: true } }, requestHeaders: { set: { 'X-Beta': 'yes' } } },
  { name: 'harmless', match: { path: '/home' }, cache: { ignoredCookies: ['beta'] } },
  { name: 'search', match: { path: '/search' }, cache: { keptQuery: ['q'] } },
  { name: 'preview', match: { path: '/search', query: { preview: true } }, cache: { bypass: true } },
  { name: 'calm', match: { path: '/calm' }, cache: { ignoresReload: true } },
  { name: 'files', match: { path: ['/files/*.css'] }, cache: { lifetime: '1 min' } },
]

const page = (body: string, fields: Record<string, string> = {}): Page => ({
  body,
  fields: { 'content-type': 'text/html', 'cache-control': 'max-age=60', ...fields },
})
/** Says what it was asked, so that what was not sent shows. */
const echo = ({ target, fields, nth }: Asked): Page =>
  page(`${target} cookie=${fields.cookie ?? ''} beta=${String(fields['x-beta'])} nth=${nth}`)

describe('rules', { timeout: 60_000 }, () => {
  let origin: Origin
  let shield: Shield
  const get = (path: string, fields: Record<string, string> = {}) => ask(shield.port, path, { fields })
  const isHit = async (path: string, fields: Record<string, string> = {}) =>
    / hit/.test((await get(path, fields)).cache)
  before(async () => {
    origin = await Origin.start({
      '/news/gone': { ...page('gone', { 'cache-control': 'max-age=9999' }), status: 404 },
      '/news/data': page('{}', { 'content-type': 'application/json; charset=utf-8' }),
      '/told': page('told', { 'cache-control': 'public, max-age=3', expires: '0', age: '7' }),
      '/by-country': ({ fields }) => page(String(fields['x-country'])),
      '/by-host': ({ fields }) => page(String(fields['x-host'])),
      '/members/page': page('for all'),
      '/members/style': page('a{}', { 'content-type': 'text/css' }),
      '/members/public': page('public', { 'cache-control': 'public, max-age=60' }),
      '/files/a.css': page('a{}', { 'content-type': 'text/css', 'cache-control': 'no-cache', etag: '"1"' }),
      '/files/b.css': page('b{}', {
        'content-type': 'text/css; charset=utf-8',
        'cache-control': 'max-age=0',
        etag: '"1"',
      }),
      '/files/me.css': page('me', { 'cache-control': 'max-age=0', etag: '"1"' }),
      '*': echo,
    })
    shield = await Shield.start({ config: { sites: [{ origins: [origin.url], rules }] } })
  })
  after(async () => {
    await shield[Symbol.asyncDispose]()
    await origin.stop()
  })

  it('a rule that matches by status or content type says how long such a response is kept, or that it is not', async () => {
    await get('/news/gone')
    assert.match((await get('/news/gone')).cache, /hit; ttl=[12]; detail=fresh$/)
    await get('/news/a')
    assert.match((await get('/news/a')).cache, /hit; ttl=(59|60); detail=fresh$/)
    assert.match((await get('/news/data')).cache, /detail=bypass-by-rule/)
    assert.equal(await isHit('/news/data'), false)
  })

  it('tracking parameters and ignored cookies reach neither the key nor the origin', async () => {
    await get('/news/b?utm_source=x&page=2&gclid=1', { cookie: '_ga=1; _ga_x=2' })
    assert.deepEqual(
      origin.of('/news/b').map(({ target, fields }) => [target, fields.cookie]),
      [['/news/b?page=2', undefined]],
    )
    assert.ok(await isHit('/news/b?page=2&fbclid=3', { cookie: '_ga=9' }))
    assert.ok(await isHit('/news/b?page=2'))
    assert.equal(await isHit('/news/b?page=3'), false)
  })

  it('a cookie beside the ignored ones goes to the origin, without those, and makes the page its own', async () => {
    const came = await get('/news/c', { cookie: '_ga=1; sid=7; _gat=2' })
    assert.match(came.text, /cookie=sid=7 /)
    assert.match(came.cache, /detail=request-cookie/)
  })

  it('browsers and a CDN in front are told what the rule says, with the age added, as long as it is stored', async () => {
    for (const time of ['first', 'second', 'third']) {
      const { fields } = await get('/told')
      const age = Number(fields.age ?? 7)
      assert.equal(fields['cache-control'], `max-age=${10 + age}`, time)
      assert.equal(fields['cdn-cache-control'], `max-age=${300 + age}`, time)
      assert.equal(fields.expires, undefined, time)
    }
    const { fields } = await get('/told', { 'cache-control': 'no-store', range: 'bytes=0-1' })
    assert.equal(fields['cache-control'], `max-age=${10 + Number(fields.age)}`)
  })

  it('keyed cookies and fields share what is stored among equal values alone', async () => {
    for (const currency of ['eur', 'usd', '']) {
      const fields: Record<string, string> = currency === '' ? {} : { cookie: `currency=${currency}` }
      const first = await get('/shop/a', fields)
      assert.match(first.text, new RegExp(`cookie=${fields['cookie'] ?? ''} `))
      assert.equal((await get('/shop/a', fields)).text, first.text)
      const again = await get('/shop/a', fields)
      assert.match(again.cache, /; hit/)
      // A cache in front does not know what is keyed, and must not share it.
      assert.match(String(again.fields['cache-control']), /^private, max-age=1\d$/)
      assert.equal(again.fields['cdn-cache-control'], 'no-store')
    }
    for (const country of ['AT', 'NZ']) {
      assert.equal((await get('/by-country', { 'x-country': country })).text, country)
      assert.ok(await isHit('/by-country', { 'X-Country': country }))
    }
  })

  it('an unsafe request takes out what is stored for every value of what is keyed', async () => {
    const fields = { cookie: 'currency=chf' }
    await get('/shop/b', fields)
    assert.ok(await isHit('/shop/b', fields))
    await ask(shield.port, '/shop/b?utm_source=mail', { method: 'POST', body: 'x' })
    assert.equal(await isHit('/shop/b', fields), false)
  })

  it('a field that names another host reaches the origin only where a rule keys it', async () => {
    assert.equal((await get('/by-host', { 'x-host': 'a.example' })).text, 'a.example')
    assert.equal((await get('/by-host', { 'x-host': 'b.example' })).text, 'b.example')
    assert.equal((await get('/by-country', { 'x-host': 'a.example', 'x-country': 'FR' })).text, 'FR')
    assert.equal(origin.of('/by-country').at(-1)!.fields['x-host'], undefined)
  })

  it('whoever carries a session cookie gets from the store only what is the same for everyone', async () => {
    const sid = { cookie: 'sid=1' }
    for (const path of ['/members/page', '/members/style', '/members/public']) {
      await get(path)
      assert.ok(await isHit(path), path)
    }
    assert.equal(await isHit('/members/page', sid), false)
    assert.ok(await isHit('/members/style', sid))
    assert.ok(await isHit('/members/public', sid))
  })

  it('what is stored under a rule that matches by a cookie is for those whom it matches', async () => {
    const beta = { cookie: 'beta=1' }
    for (const fields of [beta, {}, beta, {}] as Record<string, string>[]) {
      const { text } = await get('/home', fields)
      assert.match(text, fields['cookie'] === undefined ? /beta=undefined/ : /beta=yes/)
    }
    assert.equal(origin.of('/home').length, 2)
    assert.ok(origin.of('/home').every(({ fields }) => fields.cookie === undefined))
    assert.ok(origin.asked.every(({ fields }) => fields['breakwater-rules'] === undefined))
  })

  it('where a rule names the parameters that count, others are left out, but for those that rules ask for', async () => {
    await get('/search?q=a&r=1')
    assert.ok(await isHit('/search?r=2&q=a'))
    assert.equal(origin.of('/search').at(-1)!.target, '/search?q=a')
    assert.equal(await isHit('/search?q=a&preview=1'), false)
    assert.equal(origin.of('/search').at(-1)!.target, '/search?q=a&preview=1')
  })

  it('a reload is answered from the store where a rule says so', async () => {
    const reload = { 'cache-control': 'no-cache', pragma: 'no-cache' }
    await get('/calm')
    assert.ok(await isHit('/calm', reload))
    await get('/other')
    assert.equal(await isHit('/other', reload), false)
  })

  it('a rule for a kind of file lengthens no lifetime of what is of another kind', async () => {
    await get('/files/me.css')
    assert.equal(await isHit('/files/me.css'), false, 'HTML under the name of a style sheet')
    await get('/files/a.css')
    assert.equal(await isHit('/files/a.css'), false, 'no-cache is not of time')
    await get('/files/b.css')
    assert.ok(await isHit('/files/b.css'))
  })
})
