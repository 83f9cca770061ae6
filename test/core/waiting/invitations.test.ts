// Invitations that are used once, on a real disk.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Invitations } from '../../../src/core/waiting/invitations.ts'
import { MOST_INVITATIONS, Signer } from '../../../src/waiting/tickets.ts'

const name = { site: 'shop', room: 'main' }

test('an invitation is one number, for who shows it first, over restarts; other keys make other codes', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-invitations-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const signer = new Signer(Buffer.alloc(32, 1))
  const load = (by = signer): Invitations => new Invitations(folder, name, by, (_, event) => assert.fail(event))
  let next = 70
  const redeem = (invitations: Invitations, serial: number, from: number) =>
    new Promise(resolve => invitations.redeem(serial, from, () => next++, resolve))
  const first = load()
  assert.deepEqual(await Promise.all([redeem(first, 5, 1), redeem(first, 5, 2), redeem(first, 9, 2)]), [70, 'used', 71])
  assert.equal(await redeem(first, MOST_INVITATIONS - 1, -3), 72)
  const second = load()
  assert.deepEqual(await Promise.all([5, 9].map(serial => redeem(second, serial, 1))), [70, 'used'])
  assert.equal(await redeem(second, MOST_INVITATIONS - 1, -3), 72)
  assert.equal(await redeem(load(new Signer(Buffer.alloc(32, 2))), 5, 9), 73)
})

test('a room that has no number to give leaves the invitation as good as it was', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-invitations-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const invitations = new Invitations(folder, name, new Signer(Buffer.alloc(32)), (_, event) => assert.fail(event))
  const redeem = (from: number, number: 'full' | number) =>
    new Promise(resolve => invitations.redeem(1, from, () => number, resolve))
  assert.equal(await redeem(1, 'full'), 'full')
  assert.equal(await redeem(2, 3), 3)
})
