// Paths become routes, and what a runtime was told of its memory becomes a bound.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heapTold } from '../../src/rehearse/gauges/memory-limit.ts'
import { routeFigures, routeOf, Routes } from '../../src/rehearse/routes.ts'

test('paths that differ in numbers and identifiers alone are one route', () => {
  assert.equal(routeOf('GET', '/articles/17?page=3&sort=new'), 'GET /articles/:id?page&sort')
  assert.equal(routeOf('POST', '/u/6f1c2b9e-0a1b-4c2d-8e3f-001122334455/x'), 'POST /u/:id/x')
  assert.equal(routeOf('GET', '/deadbeefcafe'), 'GET /:id')
  assert.equal(routeOf('GET', '/about'), 'GET /about')
})

test('routes of all workers are put together, the slowest first, and beyond a bound they are counted together', () => {
  const [one, other] = [new Routes(), new Routes()]
  for (let i = 0; i < 90; i++) one.answered('GET', `/quick/${i}`, 2)
  for (let i = 0; i < 10; i++) other.answered('GET', '/slow', 900)
  other.answered('GET', '/quick/7', 2)
  other.lost('GET', '/slow')
  const [first, second] = routeFigures([one.counts, other.counts])
  assert.deepEqual([first?.route, first?.answered, first?.lost, first?.meanMs], ['GET /slow', 10, 1, 900])
  assert.ok(first!.p95Ms >= 900 && first!.p95Ms < 900 * 1.27, `${first!.p95Ms}`)
  assert.deepEqual([second?.route, second?.answered], ['GET /quick/:id', 91])
  const many = new Routes()
  for (let i = 0; i < 1000; i++) many.answered('GET', `/p${String.fromCharCode(97 + (i % 26))}${'x'.repeat(i)}`, 1)
  assert.ok(many.counts.length <= 201 && many.counts.some(([route]) => route === 'all other routes'))
})

test('what V8 and Java are told of their heap is a bound', () => {
  assert.equal(heapTold('node\0--max-old-space-size=128\0app.js\0'), 128 * 2 ** 20)
  assert.equal(heapTold('node\0--max_old_space_size\x0064\0app.js'), 64 * 2 ** 20)
  assert.equal(heapTold('java\0-Xmx2g\0-jar\0shop.jar'), 2 * 2 ** 30)
  assert.equal(heapTold('node\0app.js'), Infinity)
})
