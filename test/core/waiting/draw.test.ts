// The draw in slices: the same order as at once, opened only when core and edges both have it.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ManualClock } from '../../../src/base/clock.ts'
import { Board } from '../../../src/board/board.ts'
import { RoomPhase, RoomWord } from '../../../src/board/rooms.ts'
import { Room } from '../../../src/core/waiting/room.ts'
import { Draw, drawnOrder, faultsOf, rootOf } from '../../../src/waiting/lottery.ts'
import type { Drawn } from '../../../src/waiting/lottery.ts'
import { Signer } from '../../../src/waiting/tickets.ts'
import { configOf } from '../config.ts'

const name = { site: 'shop', room: 'main' }
const log = (): void => {}
const seed = '5e'.repeat(32)
const configured = configOf({
  sites: { name: 'shop', origins: ['http://127.0.0.1:1'], waitingRoom: { sessions: 10 } },
}).sites[0]!.waitingRoom[0]!

test('slices of any size give the order that the published rule gives', () => {
  const signer = new Signer(Buffer.alloc(32, 7))
  const tickets = Array.from({ length: 5000 }, (_, i) => signer.code(name, i))
  const key = Buffer.from(seed + rootOf(tickets), 'hex')
  const keyOf = (ticket: string): string => createHmac('sha256', key).update(ticket).digest('hex')
  const expected = tickets
    .map(ticket => ({ ticket, key: keyOf(ticket) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ ticket }) => ticket)
  for (const slice of [1, 7, 999, 5000, Infinity]) {
    const draw = new Draw(seed, tickets)
    while (!draw.step(slice));
    assert.deepEqual(
      Array.from(draw.order, index => tickets[index]),
      expected,
      `slices of ${slice}`,
    )
    assert.equal(draw.root, rootOf(tickets))
  }
  assert.deepEqual(drawnOrder(seed, []), [])
})

test('a hundred thousand are drawn in slices, none of which does more than its share, and are called as drawn', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-draw-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const clock = new ManualClock(1_000_000_000_000)
  const signer = new Signer(Buffer.alloc(32, 3))
  const row = new Board().room(0)
  const settings = { ...configured, opens: clock.now() + 60_000 }
  const room = new Room({ index: 0, name, row }, { clock, signer, folder, log }, settings, undefined)
  const facts = { limit: 10, inFlight: 0, queued: 0, rate: 0, potential: 0 }
  room.askNumbers()()
  row.set(RoomWord.reserved, 200_000)
  const pass = (ms: number): void => {
    clock.advance(ms)
    room.tick(facts)
  }
  pass(250)
  const numbers = Array.from({ length: 100_000 }, () => row.take(1_000_000) as number)
  pass(60_000)
  assert.equal(row.get(RoomWord.phase), RoomPhase.drawing)
  const late = row.take(1_000_000) as number
  room.drawing!.seal()
  let slices = 0
  let longest = 0
  for (let isDrawn = false; !isDrawn; slices++) {
    assert.equal(row.get(RoomWord.phase), RoomPhase.drawing)
    assert.equal(row.get(RoomWord.serving), 0)
    const began = performance.now()
    isDrawn = room.draw()
    longest = Math.max(longest, performance.now() - began)
    if (slices % 100 === 0) pass(250)
  }
  t.diagnostic(`${slices} slices, the longest ${longest.toFixed(1)} ms`)
  // 100 for the codes, the root and the keys each; a bucket more or less in those of the order.
  assert.ok(slices >= 390, `${slices} slices`)
  assert.equal(row.get(RoomWord.phase), RoomPhase.open)
  for (const number of numbers) row.markPresent(number)
  pass(250)
  await room.drawing!.writeDown(folder, log)
  const drawn = JSON.parse(readFileSync(join(folder, 'lotteries', `shop-main-${settings.opens}.json`), 'utf8')) as Drawn
  assert.deepEqual(faultsOf(drawn), [])
  const called = [...numbers, late].filter(number => row.positionOf(number) < row.get(RoomWord.serving))
  assert.equal(called.length, 10)
  assert.deepEqual(new Set(called.map(number => signer.code(name, number))), new Set(drawn.order.slice(0, 10)))
  assert.equal(row.positionOf(late), late)
})

test('no order is there, and no seed shown, before it is on disk where the list ends', () => {
  const clock = new ManualClock(1_000_000_000_000)
  const row = new Board().room(0)
  const parts = { clock, signer: new Signer(Buffer.alloc(32, 3)), folder: tmpdir(), log }
  const settings = { ...configured, opens: clock.now() + 60_000 }
  const room = new Room({ index: 0, name, row }, parts, settings, undefined)
  const facts = { limit: 10, inFlight: 0, queued: 0, rate: 0, potential: 0 }
  room.askNumbers()()
  room.tick(facts)
  for (let i = 0; i < 10; i++) row.take(100)
  clock.advance(60_000)
  room.tick(facts)
  for (let slice = 0; slice < 20; slice++) assert.equal(room.draw(), false)
  assert.deepEqual([room.wantsSeal, room.isDrawing, room.facts.lottery?.seed], [true, false, null])
  assert.equal(row.get(RoomWord.phase), RoomPhase.drawing)
  room.drawing!.seal()
  assert.equal(room.draw(), true)
  assert.equal(room.facts.lottery?.seed, room.drawing!.kept.seed)
})
