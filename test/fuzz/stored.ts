// What lies in the store while fuzzing: one of each kind that the lanes have to treat differently. And the rules, likewise.

import { brotliCompressSync, gzipSync } from 'node:zlib'
import { FilledStore, HOST } from '../fixtures/store.ts'
import { Flag } from '../../src/store/layout.ts'
import { keyEnd, keyFields } from '../../src/cache/key.ts'
import { compileRules } from '../../src/site/rules.ts'
import { configOf } from '../fixtures/lanes.ts'
import { MODIFIED } from './requests.ts'

export const NOON = Date.UTC(2026, 0, 1, 12)

export const RULES = [
  { match: { path: '/bypass/**' }, cache: { bypass: true } },
  { match: { path: '/search' }, cache: { ignoredQuery: ['utm_*'] } },
  {
    match: { path: '/edited/**' },
    responseHeaders: { set: { 'X-Set': 'yes', 'Content-Security-Policy': "default-src 'self'" }, remove: ['ETag'] },
  },
  { match: { path: '/removed/**' }, responseHeaders: { remove: ['Age', 'Date'] } },
  { match: { path: '/themed' }, cache: { keyedCookies: ['theme'], ignoredCookies: ['consent'] } },
  { match: { path: '/dark', cookie: { theme: 'd*' } }, cache: { lifetime: '1 min' } },
  { match: { path: '/untracked', header: { DNT: '1' } }, responseHeaders: { set: { Tk: 'N' } } },
  { match: { path: '/no-bots', header: { 'User-Agent': '*Bot*' } }, cache: { bypass: true } },
  { match: { path: '/own/**' }, cache: { sessionCookies: ['cons*'] } },
  {
    match: { path: '/typed/**', contentType: 'text/html', status: '2xx' },
    cache: { browserLifetime: '1 min', cdnLifetime: '10 min' },
    responseHeaders: { set: { 'X-Typed': 'yes' } },
  },
  { match: { path: '/typed/**', status: 404 }, responseHeaders: { set: { 'X-Typed': 'gone' } } },
]

const rules = compileRules(configOf(RULES, {}).sites[0]!)

export function fillStore(): FilledStore {
  const store = new FilledStore(NOON)
  const fields = ['Content-Type', 'text/html', 'ETag', '"v1"', 'Last-Modified', MODIFIED]
  const plain = ['/page', '/', '/search?q=1', '/edited/a', '/removed/a', '/bypass/a', '//page']
  for (const target of plain) store.put({ target, body: `<p>${target}</p>`, fields, age: 7 })
  store.put({ target: '/gone', body: 'gone', status: 404 })
  store.put({ target: '/empty', status: 204, fields: ['ETag', '"v1"'] })
  store.put({ target: '/moved', status: 301, fields: ['Location', '/page'] })
  store.put({ target: '/stale', body: 'stale', fields, fresh: -10, age: 20 })
  store.put({ target: '/soon', body: 'soon', fields, fresh: 1 })
  store.put({ target: '/no-cache', body: 'x', fields, flags: Flag.noCache })
  store.put({ target: '/apart', flags: Flag.hitForMiss })
  store.put({ target: '/large', body: Buffer.alloc(70_000, 'large '), fields })
  const text = Buffer.from('compressed '.repeat(400))
  const coded = store.put({ target: '/coded', body: text, fields })
  store.code(coded, 'br', brotliCompressSync(text))
  store.code(coded, 'gzip', gzipSync(text))
  store.flag(store.put({ target: '/purged', body: 'purged', fields }), Flag.purged)
  store.lease(
    store.put({ target: '/leased', body: 'leased', fields, fresh: -10, revalidate: 60, age: 20 }),
    NOON + 5000,
  )
  for (const coding of ['gzip, deflate, br, zstd', 'gzip', 'br']) vary(store, '/vary', 'accept-encoding', coding)
  vary(store, '/varied-by-cookie', 'cookie', 'theme=dark; consent=1')
  for (const target of ['/untracked', '/no-bots', '/own/page', '/typed/page'])
    store.put({ target, body: target, fields, age: 9 })
  store.put({ target: '/own/style', body: 'a{}', fields: ['Content-Type', 'text/css'] })
  store.put({ target: '/typed/gone', body: 'gone', fields: ['Content-Type', 'text/html'], status: 404 })
  keyed(store, '/themed', ['Cookie', 'theme=dark; consent=1'])
  keyed(store, '/themed', [])
  keyed(store, '/dark', ['Cookie', 'theme=dark; consent=1'])
  keyed(store, '/dark', [])
  return store
}

/** What a rule adds to the key of a request with these fields, as the cache room makes it. */
function keyed(store: FilledStore, target: string, request: string[]): void {
  const settings = rules.settingsFor({ method: 'GET', host: HOST, target, fields: request })
  const body = `${target} for ${request.join()}`
  const vary = { names: [...settings.keyed!.names], request: keyFields(request, settings) }
  store.put({ target: keyEnd(target, settings), body, fields: ['ETag', '"v1"'], vary })
}

function vary(store: FilledStore, target: string, name: string, value: string): void {
  const body = `${name}: ${value}`
  const fields = ['Vary', name, 'ETag', '"v1"']
  store.put({ target, body, fields, vary: { names: [name], request: [name, value] } })
}
