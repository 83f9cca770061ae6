// Which targets are one route, and what is summed up of them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Settings, SiteConfig } from '../../src/config/types.ts'
import { Routes, kindOf, routeOf } from '../../src/edge/routes.ts'
import type { Ended } from '../../src/listener/ended.ts'

test('numbers, identifiers and titles are left open, words stay', () => {
  const routes = {
    '/': '/',
    '/about?x=1': '/about',
    '/news/2026/11/21': '/news/*/*/*',
    '/article/how-to-stand-a-storm-in-ten-steps': '/article/*',
    '/users/3f2504e0-4f89-11d3-9a0c-0305e82c3301/orders': '/users/*/orders',
    '/api/v1/search': '/api/v1/search',
    '/wp-content/themes/storm/style.css': '/wp-content/themes/storm/style.css',
    '/a/b/c/d/e': '/a/b/c/d/…',
    '/static/app.9f8e7d6c.js': '/static/*',
    '/%2e%2e/x': '/*/x',
  }
  for (const [target, route] of Object.entries(routes)) assert.equal(routeOf(target), route)
})

test('a request is for a page, an asset, a program or to write', () => {
  assert.equal(kindOf('GET', '/news'), 'page')
  assert.equal(kindOf('GET', '/style.css?v=3'), 'asset')
  assert.equal(kindOf('GET', '/api/search?q=a.css'), 'api')
  assert.equal(kindOf('POST', '/api/orders'), 'write')
})

const ended = (target: string, more: Partial<Ended> = {}): Ended => ({
  ...{
    lane: 'slow',
    peer: { address: '', port: 0, secure: false },
    head: { fields: [] },
    method: 'GET',
    target,
    host: '',
  },
  ...{
    httpVersion: '1.1',
    status: 200,
    bytes: 10,
    ms: 1,
    outcome: 'miss',
    reason: undefined,
    site: 'main',
    rules: [],
    client: '',
  },
  ...{ queuedMs: 2, originMs: 0, ...more },
})

test('hits of the fast lane, misses and the time of the origin come together under one route, once', () => {
  const routes = new Routes()
  const site = { name: 'main' } as SiteConfig
  const hits = routes.hitsOf('main', '/news/1', ['news'])
  hits.hits += 3
  hits.bytes += 30
  routes.ended(ended('/news/2', { rules: ['news'] }))
  routes.spent({ site, method: 'GET', target: '/news/2', settings: { matched: ['news'] } as unknown as Settings }, 40)
  const [sums, ...others] = routes.take()
  assert.deepEqual(others, [])
  assert.deepEqual(sums, {
    ...{ site: 'main', method: 'GET', route: '/news/*', kind: 'page', rules: ['news'], outcomes: { miss: 1, hit: 3 } },
    ...{ bytes: 40, queuedMs: 2, originMs: 40, originRequests: 1 },
  })
  assert.deepEqual(routes.take(), [])
  hits.hits++
  assert.deepEqual(routes.take()[0]?.outcomes, { hit: 1 })
})

/** Another word for each number. */
const word = (i: number): string => i.toString(26).replace(/\d/g, digit => 'qrstuvwxyz'[Number(digit)]!)

test('a scanner that tries ten thousand paths makes no routes, and a site of ten thousand words is bounded', () => {
  const routes = new Routes()
  for (let i = 0; i < 10_000; i++) routes.ended(ended(`/${word(i)}`, { status: 404 }))
  assert.deepEqual(
    routes.take().map(({ route, outcomes }) => [route, outcomes]),
    [['…', { miss: 10_000 }]],
  )
  for (let i = 0; i < 10_000; i++) routes.ended(ended(`/${word(i)}`))
  const taken = routes.take()
  assert.ok(taken.length <= 513)
  assert.equal(
    taken.reduce((sum, { outcomes }) => sum + outcomes['miss']!, 0),
    10_000,
  )
})
