// What `breakwater explain` says of a request is what the running shield says of the same request in Cache-Status: one config, one
// origin, a page for each option that has a part in the answer. The page is new to both of them.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import type { ConfigInput } from '../../src/config/types.ts'
import type { Mode } from '../../src/config/modes.ts'
import { explain } from '../../src/explain/explain.ts'
import type { Explanation } from '../../src/explain/explain.ts'
import { Child } from '../cli/fixtures/child.ts'
import { makeCertificate } from '../fixtures/certificate.ts'
import { Origin } from '../fixtures/origin.ts'
import type { Asked, Page } from '../fixtures/origin.ts'
import { Shield, program } from '../fixtures/shield.ts'
import { ask } from '../fixtures/visitor.ts'
import type { Came } from '../fixtures/visitor.ts'

const HTML = { 'content-type': 'text/html' }
const OPEN = { ...HTML, 'cache-control': 'max-age=60' }
const FORM = '<form method="post" action="/sign"><input type="hidden" name="token" value="NTH"><input name="n"></form>'

const isNormal = ({ fields }: Asked): boolean => fields['x-forwarded-host'] === 'www.example.org'

/** For all if the condition holds, else for nobody: so the answer tells what the origin was asked. */
const openIf = (isSo: boolean): Page => ({
  fields: isSo ? OPEN : { ...HTML, 'cache-control': 'private' },
  body: String(isSo),
})

const pages: Record<string, Page | ((asked: Asked) => Page)> = {
  '/open': { fields: OPEN, body: 'open' },
  '/said': { fields: { ...OPEN, 'cdn-cache-control': 'no-store' }, body: 'x' },
  '/shop': { fields: { ...OPEN, 'set-cookie': 'PHPSESSID=1' }, body: 'x' },
  '/nothing': { fields: HTML, body: 'x' },
  '/vary': { fields: { ...OPEN, vary: '*' }, body: 'x' },
  '/error': { status: 503, fields: HTML, body: 'x' },
  '/lost': { status: 404, fields: HTML, body: 'x' },
  '/proxied': ({ fields }) =>
    openIf(/ breakwater/i.test(String(fields['via'])) && fields['x-forwarded-host'] === 'www.example.org'),
  '/told': ({ fields }) => openIf(String(fields['forwarded']).endsWith('host=www.example.org;proto=http')),
  '/override': ({ fields }) => openIf(fields['x-original-url'] === undefined),
  '/added': ({ fields }) => openIf(fields['x-added'] === 'by a rule' && fields['x-taken'] === undefined),
  '/query': ({ target }) => openIf(!target.includes('utm_source')),
  '/mode': ({ fields }) => openIf(fields['breakwater-mode'] === 'spike'),
  '/floor': { fields: HTML, body: 'x' },
  '/type': { fields: { ...OPEN, 'content-type': 'application/json' }, body: '{}' },
  '/news': { fields: { ...HTML, 'cache-control': 'no-store' }, body: '<h1>news</h1>' },
  '/form': ({ nth }) => ({ fields: { ...HTML, 'cache-control': 'no-store' }, body: FORM.replace('NTH', `${nth}`) }),
  '/luck': ({ nth }) => ({ fields: { ...HTML, 'cache-control': 'no-store' }, body: `<b>visitor ${nth}</b>` }),
  '/unproven': ({ nth }) => ({ fields: { ...HTML, 'cache-control': 'no-store' }, body: `<b>visitor ${nth}</b>` }),
  '/login': { fields: { ...HTML, 'cache-control': 'no-store' }, body: 'x' },
}

type Sites = Extract<NonNullable<ConfigInput['sites']>, readonly unknown[]>

const RULES: Sites[number]['rules'] = [
  { name: 'quiet', match: { path: '/**' }, cache: { ignoredCookies: ['_ga'] } },
  { name: 'never', match: { query: { bypass: true } }, cache: { bypass: true } },
  {
    name: 'adds',
    match: { path: '/added' },
    requestHeaders: { set: { 'X-Added': 'by a rule' }, remove: ['X-Taken'] },
  },
  { name: 'floors', match: { path: '/floor' }, cache: { lifetime: '5m' } },
  { name: 'json', match: { contentType: 'application/json' }, cache: { bypass: true } },
  { name: 'all', match: { path: '/**' }, spike: { cache: { anonymous: true, for: '20s' } } },
  { name: 'unproven', match: { path: '/unproven' }, spike: { cache: { proof: false } } },
  { name: 'plain', match: { path: ['/mode', '/stub', '/funnel'] }, spike: { cache: { anonymous: false } } },
  { name: 'count', match: { path: '/stub' }, spike: { stub: { body: '{"n":0}' } } },
  { name: 'landing', match: { path: '/funnel' }, spike: { funnel: '/open' } },
]

describe('what is explained is what the running shield says', () => {
  let origin: Origin
  let secure: Server
  let shield: Shield | undefined
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'explain-live-'))
    origin = await Origin.start(pages)
    const { chain, key } = makeCertificate(folder, 'origin', ['origin.test'])
    secure = createServer({ cert: readFileSync(chain), key: readFileSync(key) }, (_, response) => {
      response.setHeader('cache-control', 'max-age=60').end('over TLS')
    })
    await new Promise<void>(resolve => secure.listen(0, '127.0.0.1', resolve))
    const { port } = secure.address() as AddressInfo
    const tls = { url: `https://127.0.0.1:${port}`, sni: 'origin.test' }
    const rules = RULES
    shield = await Shield.start({
      config: {
        clients: { deny: ['192.0.2.66'] },
        proxies: { trusted: ['127.0.0.0/8'] },
        sites: [
          { name: 'normal', hosts: ['www.example.org'], origins: [origin.url], rules },
          { name: 'spike', hosts: ['spike.example.org'], origins: [origin.url], mode: 'spike', rules },
          { name: 'tls', hosts: ['tls.example.org'], origins: [tls], origin: { tls: { ca: chain } } },
          { name: 'untrusted', hosts: ['untrusted.example.org'], origins: [tls] },
          {
            name: 'kept',
            hosts: ['kept.example.org'],
            origins: [origin.url],
            rules: [{ name: 'from disk', match: { path: '/**' }, snapshot: { when: 'always' } }],
          },
        ],
      },
    })
    await freeze('http://kept.example.org/open')
  })
  after(async () => {
    secure.close()
    secure.closeAllConnections()
    await origin.stop()
    await shield?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  const file = (): string => join(shield!.folder, 'breakwater.json')

  async function freeze(url: string): Promise<void> {
    const child = new Child(program, ['freeze', url, '--data', shield!.data, '--config', file()], folder)
    assert.equal(await child.ended, 0, child.stdout + child.stderr)
  }

  interface Case {
    host?: string
    path: string
    method?: string
    fields?: Record<string, string>
    mode?: Mode
    address?: string
  }

  /** The dry run first, so that nothing is stored yet; the origin counts both. */
  async function both(asked: Case): Promise<{ dry: Explanation; live: Came }> {
    const { host = 'www.example.org', path, method = 'GET', fields = {}, address = '192.0.2.7' } = asked
    const loaded = await loadConfig({ file: file() })
    assert.ok(loaded.ok)
    const dry = await explain({
      ...{ url: new URL(`http://${host}${path}`), method, address, config: loaded.config },
      fields: ['Host', host, ...Object.entries(fields).flat()],
    })
    const live = await ask(shield!.port, path, {
      method,
      fields: { host, 'x-forwarded-for': address, ...fields },
    })
    return { dry, live }
  }

  async function agree(asked: Case, expected: string): Promise<Explanation> {
    const { dry, live } = await both(asked)
    assert.equal(dry.cacheStatus ?? '', live.cache, JSON.stringify(dry, null, 1))
    assert.equal(dry.verdict?.status, live.status)
    assert.match(live.cache, new RegExp(`${expected}$`))
    assert.equal(dry.verdict.reason, /detail=([\w-]+)/.exec(live.cache)?.[1])
    return dry
  }

  it('on what responses say', async () => {
    await agree({ path: '/open' }, 'fwd=uri-miss; fwd-status=200; stored; detail=stored-explicit')
    await agree({ path: '/said' }, 'stored=\\?0; detail=response-no-store')
    await agree({ path: '/shop' }, 'stored=\\?0; detail=set-cookie')
    await agree({ path: '/nothing' }, 'stored=\\?0; detail=of-no-use')
    await agree({ path: '/vary' }, 'stored=\\?0; detail=vary-star')
    await agree({ path: '/error' }, 'fwd-status=503; stored=\\?0; detail=no-freshness')
    await agree({ path: '/lost' }, 'fwd-status=404; stored=\\?0; detail=of-no-use')
  })

  it('on what requests say', async () => {
    await agree({ path: '/open?1', fields: { cookie: 'sid=1' } }, 'detail=request-cookie')
    await agree({ path: '/open?2', fields: { cookie: '_ga=1' } }, 'stored; detail=stored-explicit')
    await agree({ path: '/open?3', fields: { authorization: 'Basic eDp5' } }, 'detail=authorization')
    await agree({ path: '/open?4', fields: { 'cache-control': 'no-store' } }, 'detail=request-no-store')
    await agree({ path: '/open?5', method: 'HEAD' }, 'fwd=uri-miss; fwd-status=200; detail=head-not-stored')
    await agree({ path: '/open?6', fields: { range: 'bytes=0-1' } }, 'detail=request-range')
  })

  it('on what the origin is told beside the request', async () => {
    await agree({ path: '/proxied' }, 'stored; detail=stored-explicit')
    await agree({ path: '/told' }, 'stored; detail=stored-explicit')
    await agree({ path: '/override', fields: { 'x-original-url': '/x' } }, 'stored; detail=stored-explicit')
    await agree({ path: '/query?utm_source=mail' }, 'stored; detail=stored-explicit')
    await agree({ host: 'spike.example.org', path: '/mode' }, 'stored; detail=stored-explicit')
  })

  it('on rules', async () => {
    await agree({ path: '/open?bypass=1' }, 'fwd=bypass; fwd-status=200; detail=bypass-by-rule')
    await agree({ path: '/added', fields: { 'x-taken': '1' } }, 'stored; detail=stored-explicit')
    const { verdict, decisions } = await agree({ path: '/floor' }, 'stored; detail=stored-by-rule')
    assert.deepEqual([...new Set(decisions.map(({ room }) => room))], ['site', 'cache', 'origin'])
    assert.equal(verdict!.freshSeconds, 300)
    assert.deepEqual(verdict!.because, [{ kind: 'rule', name: 'floors' }])
    await agree({ path: '/type' }, 'stored=\\?0; detail=bypass-by-rule')
  })

  it('on the certificate of the origin', async () => {
    await agree({ host: 'tls.example.org', path: '/' }, 'stored; detail=stored-explicit')
    const { dry, live } = await both({ host: 'untrusted.example.org', path: '/' })
    assert.deepEqual([dry.verdict?.reason, dry.verdict?.status, live.status], ['connect-failed', 502, 502])
    assert.equal(dry.cacheStatus, 'breakwater; detail=connect-failed')
    assert.ok(dry.decisions.some(({ says }) => says.startsWith('The origin does not answer:')))
  })

  it('on copies for everyone, proven, with holes, refused and taken on trust', async () => {
    const host = 'spike.example.org'
    const news = await agree({ host, path: '/news' }, 'stored; detail=stored-anonymous')
    assert.equal(news.verdict!.freshSeconds, 20)
    const form = await agree({ host, path: '/form' }, 'stored; detail=stored-anonymous')
    assert.ok(form.decisions.some(({ says }) => says.endsWith('at the first touch of the form: token.')))
    const luck = await agree({ host, path: '/luck' }, 'stored=\\?0; detail=copy-differs')
    const { differences } = luck.decisions.find(each => each.differences !== undefined)!
    assert.match(differences![0]!.after, /visitor /)
    await agree({ host, path: '/unproven' }, 'stored; detail=stored-anonymous')
    await agree({ host, path: '/news?2', fields: { cookie: 'sid=1' } }, 'detail=response-no-store')
    await agree({ host, path: '/login' }, 'detail=response-no-store')
  })

  it('on what stands in the origin’s place, which is not asked', async () => {
    const host = 'spike.example.org'
    const before = origin.asked.length
    for (const path of ['/stub', '/funnel']) {
      const fields = { accept: 'text/html' }
      const reason = path === '/stub' ? 'stubbed' : 'funnelled'
      const { verdict } = await agree({ host, path, fields }, `^breakwater; detail=${reason}`)
      assert.equal(verdict!.answeredBy, 'breakwater')
      assert.equal(verdict!.because[0]?.name, path === '/stub' ? 'count' : 'landing')
    }
    const { verdict } = await agree({ path: '/open?6', address: '192.0.2.66' }, '^breakwater; detail=denied')
    assert.equal(verdict!.status, 403)
    assert.equal(origin.asked.length, before)
  })

  it('on a snapshot that is served always', async () => {
    const host = 'kept.example.org'
    const before = origin.asked.length
    const { verdict } = await agree({ host, path: '/open' }, '^breakwater; hit; detail=stored-snapshot')
    assert.deepEqual(verdict!.because, [{ kind: 'rule', name: 'from disk' }])
    await agree({ host, path: '/nowhere' }, '^breakwater; detail=not-in-snapshot')
    assert.equal(origin.asked.length, before)
  })

  it('asks the origin for what the shield asks for, and no oftener', async () => {
    const seen = (path: string): object[] =>
      origin
        .of(path)
        .filter(isNormal)
        .map(({ method, target, fields }) => {
          const { via, connection: _, ...others } = fields
          return { method, target, via: via?.replace(/ .*/, ''), ...others }
        })
    for (const path of ['/open', '/added', '/query']) {
      const [dry, live] = seen(path)
      assert.ok(dry)
      assert.deepEqual(dry, live)
    }
    assert.equal(origin.of('/news').filter(({ target }) => target === '/news').length, 4)
    assert.equal(origin.of('/unproven').length, 2)
  })
})
