// What lies in the store while fuzzing: one of each kind that the lanes have to treat differently. And the rules, likewise.

import { FilledStore } from '../fixtures/store.ts'
import { Flag } from '../../src/store/layout.ts'
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
]

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
  store.flag(store.put({ target: '/purged', body: 'purged', fields }), Flag.purged)
  store.lease(
    store.put({ target: '/leased', body: 'leased', fields, fresh: -10, revalidate: 60, age: 20 }),
    NOON + 5000,
  )
  for (const coding of ['gzip, deflate, br, zstd', 'gzip', 'br']) vary(store, '/vary', 'accept-encoding', coding)
  vary(store, '/varied-by-cookie', 'cookie', 'theme=dark; consent=1')
  return store
}

function vary(store: FilledStore, target: string, name: string, value: string): void {
  const body = `${name}: ${value}`
  const fields = ['Vary', name, 'ETag', '"v1"']
  store.put({ target, body, fields, vary: { names: [name], request: [name, value] } })
}
