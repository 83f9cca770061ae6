// Whose a page is: the same for everybody who knows the same nodes, about even, and moved only by those that come or go.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ownerOf } from '../../src/cluster/owner.ts'

const members = fc.uniqueArray(fc.stringMatching(/^[a-z0-9.-]{1,12}$/), { minLength: 1, maxLength: 12 })
const id = fc.base64String({ minLength: 4, maxLength: 32 })

test('all who know the same nodes find the same owner, in whatever order they know them', () => {
  fc.assert(
    fc.property(members, id, (names, page) => {
      const owner = ownerOf(names, page)
      assert.ok(names.includes(owner!))
      assert.equal(ownerOf(names.toReversed(), page), owner)
      assert.equal(ownerOf(names.toSorted(), page), owner)
    }),
  )
})

test('a node that is lost moves its own pages alone, and one that comes takes pages for itself alone', () => {
  fc.assert(
    fc.property(members, id, fc.nat(), (names, page, at) => {
      const one = names[at % names.length]!
      const others = names.filter(name => name !== one)
      const [before, after] = [ownerOf(names, page), ownerOf(others, page)]
      if (before !== one) assert.equal(after, before)
    }),
  )
})

test('each has about as many as any other', () => {
  const names = ['edge-1', 'edge-2', 'edge-3', 'edge-4', 'edge-5']
  const counts = new Map(names.map(name => [name, 0]))
  for (let page = 0; page < 10_000; page++) {
    const owner = ownerOf(names, `page ${page}`)!
    counts.set(owner, counts.get(owner)! + 1)
  }
  // 2000 each with a standard deviation of 40.
  for (const [name, count] of counts) assert.ok(Math.abs(count - 2000) < 200, `${name} has ${count}`)
})

test('without nodes there is no owner', () => assert.equal(ownerOf([], 'page'), undefined))
