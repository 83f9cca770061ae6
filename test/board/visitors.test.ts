// Active visitors against an exact count, as the connections would note them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { halfSipHash, hashed } from '../../src/base/half-siphash.ts'
import { freshSeed, seeded } from '../../src/base/random.ts'
import { Board, SKETCH_SECONDS } from '../../src/board/board.ts'
import { VisitorCount, VisitorNotes, drawVisitorKey } from '../../src/board/visitors.ts'

const boardOf = (key: [number, number]): Board => {
  const board = new Board()
  drawVisitorKey(board, key)
  return board
}

const near = (told: number, truth: number): void =>
  assert.ok(Math.abs(told - truth) <= truth * 0.02, `${told}, ${truth}`)

test('the hash is HalfSipHash-2-4 by its published vectors', () => {
  const published: [number, string][] = [
    [0, '218d1f59b9b83cc8'],
    [1, 'be552412f8387315'],
    [6, 'ce3e91358aa2bc25'],
    [8, 'edfee820bce4858c'],
    [13, '5a2352d75a0c3744'],
  ]
  for (const [length, expected] of published) {
    halfSipHash(
      0x03020100,
      0x07060504,
      Uint8Array.from({ length }, (_, i) => i),
    )
    const bytes = Buffer.alloc(8)
    bytes.writeInt32LE(hashed.first, 0)
    bytes.writeInt32LE(hashed.second, 4)
    assert.equal(bytes.toString('hex'), expected, `${length} bytes`)
  }
})

test('the count of visitors is within 2% of the truth, from ten to a million', context => {
  const seed = freshSeed()
  context.diagnostic(`seed ${seed}`)
  const random = seeded(seed)
  const board = boardOf([random.next() * 2 ** 32, random.next() * 2 ** 32])
  const notes = [new VisitorNotes(board), new VisitorNotes(board)]
  const count = new VisitorCount(board, 0)
  let visitors = 0
  for (const upTo of [10, 1000, 30_000, 200_000, 1_000_000]) {
    for (; visitors < upTo; visitors++) {
      const address = `${10 + (visitors >> 18)}.${(visitors >> 10) & 255}.${(visitors >> 2) & 255}.7`
      const notebook = notes[visitors % 2]!
      const mark = notebook.markOf(address, `Browser/${visitors & 3}`)
      notebook.note(mark)
      if (visitors % 3 === 0) notes[0]!.note(mark)
    }
    const told = count.count(60)
    const error = told / visitors - 1
    context.diagnostic(`${visitors} visitors: ${told}, ${(error * 100).toFixed(2)}%`)
    assert.ok(Math.abs(error) <= 0.02 + 1 / visitors, `${told} instead of ${visitors}`)
  }
})

test('the window slides: who has not come for a minute is gone from the last minute, after five from both', () => {
  const board = boardOf([1, 2])
  const notes = new VisitorNotes(board)
  const count = new VisitorCount(board, 0)
  const come = (from: number, to: number): void => {
    for (let i = from; i < to; i++) notes.note(notes.markOf(`192.0.${i >> 8}.${i & 255}`, 'Browser'))
  }
  come(0, 2000)
  count.turn(30)
  come(1000, 3000)
  near(count.count(60), 3000)
  count.turn(30 + 60 + SKETCH_SECONDS)
  near(count.count(300), 3000)
  assert.equal(count.count(60), 0)
  come(0, 500)
  near(count.count(60), 500)
  count.turn(30 + 300 + SKETCH_SECONDS)
  near(count.count(300), 500)
  count.turn(10_000)
  assert.equal(count.count(300), 0)
})
