// The queue of a waiting room, driven second by second: order, turns that pass on, absence, sessions, estimates.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exponential, freshSeed, seeded } from '../../../src/base/random.ts'
import { Board } from '../../../src/board/board.ts'
import { Mark, RoomPhase, RoomWord, markAt } from '../../../src/board/rooms.ts'
import type { RoomRow } from '../../../src/board/rooms.ts'
import { placeAt } from '../../../src/admission/waiting/place.ts'
import { ABSENT, TURN, WaitingQueue } from '../../../src/core/waiting/queue.ts'
import type { Bears } from '../../../src/core/waiting/queue.ts'

const times = { idle: 300_000, longest: 7_200_000 }
const TICK = 250

/** A queue, its clock, and visitors who take numbers and poll. */
class House {
  readonly row: RoomRow
  readonly queue: WaitingQueue
  now = 0
  bears: Bears

  constructor(bears: Bears, remembered?: { next: number; serving: number; active: number }) {
    this.row = new Board().room(0)
    this.row.set(RoomWord.next, remembered?.next ?? 0)
    this.row.set(RoomWord.serving, remembered?.serving ?? 0)
    this.bears = bears
    this.queue = new WaitingQueue(this.row, 0, remembered)
    this.pass(TICK)
  }

  /** As an edge gives one out. */
  take(): number {
    const number = Atomics.add(this.row.words, RoomWord.next, 1)
    this.poll(number)
    return number
  }

  poll(number: number): void {
    this.row.markPresent(number)
  }

  pass(ms: number, polling: Iterable<number> = []): void {
    const polls = [...polling]
    for (const until = this.now + ms; this.now < until;) {
      this.now += TICK
      if (this.now % 1000 === 0) for (const number of polls) this.poll(number)
      this.queue.turn(this.now, this.bears, times)
    }
  }

  enter(number: number, hasSession = false, from = number): string {
    return this.queue.enter({ number, hasSession, from }, this.now, this.bears, times).type
  }

  isCalled(number: number): boolean {
    return this.row.positionOf(number) < this.row.get(RoomWord.serving)
  }
}

test('while there is room, whoever comes is called at once', () => {
  const house = new House({ sessions: 10, rate: 1000 })
  const numbers = Array.from({ length: 10 }, () => house.take())
  assert.ok(numbers.every(number => house.isCalled(number)))
  assert.deepEqual(
    numbers.map(number => house.enter(number)),
    numbers.map(() => 'admitted'),
  )
  house.pass(1000)
  const late = house.take()
  assert.equal(house.isCalled(late), false)
  assert.equal(house.enter(late), 'waits')
})

test('a turn passes on after a minute, and who comes later has the next one, before all who wait', () => {
  const house = new House({ sessions: 1, rate: 1000 })
  const [first, second, third] = [house.take(), house.take(), house.take()]
  house.pass(TURN - 1000, [second, third])
  assert.deepEqual([house.isCalled(first), house.isCalled(second)], [true, false])
  house.pass(2000, [second, third])
  assert.deepEqual([house.isCalled(second), house.isCalled(third)], [true, false])
  assert.equal(house.enter(second), 'admitted')
  // First comes after all: nobody is put out for it, and nobody else is called before it.
  assert.equal(house.enter(first), 'waits')
  house.queue.end(second)
  house.pass(1000, [third])
  assert.equal(house.isCalled(third), false)
  assert.equal(house.enter(first), 'admitted')
})

test('absent visitors hold nobody up, and come in at the front when they are back', () => {
  const house = new House({ sessions: 1, rate: 1000 })
  const inside = house.take()
  house.enter(inside)
  house.queue.renew(inside, house.now, times)
  const absent = Array.from({ length: 50 }, () => house.take())
  const there = house.take()
  house.pass((ABSENT + 5) * 1000, [there])
  house.queue.end(inside)
  house.pass(1000, [there])
  assert.ok(house.isCalled(there))
  assert.equal(house.enter(there), 'admitted')
  assert.equal(house.enter(absent[0]!), 'waits')
  house.queue.end(there)
  const late = house.take()
  house.pass(1000, [late])
  assert.equal(house.enter(absent[0]!), 'admitted')
  assert.equal(house.enter(late), 'waits')
})

test('who takes a number and never asks for it holds nobody up, sooner than one who has asked', () => {
  const house = new House({ sessions: 2, rate: 100 })
  house.row.set(RoomWord.reserved, 1000)
  for (const first of [house.take(), house.take()]) assert.equal(house.enter(first), 'admitted')
  const thrownAway = Array.from({ length: 200 }, () => house.row.take(1000))
  assert.equal(thrownAway.at(-1), 201)
  const person = house.row.take(1000) as number
  house.pass(35_000, [person])
  assert.equal(house.row.presentBefore(person), 200)
  house.pass(8000, [person])
  assert.equal(house.row.presentBefore(person), 0)
  house.queue.end(0)
  house.pass(1000, [person])
  assert.ok(house.isCalled(person))
})

test('the turn of a ticket that was thrown away passes on as soon as its visitor counts as absent', () => {
  const house = new House({ sessions: 1, rate: 100 })
  house.row.set(RoomWord.reserved, 1000)
  assert.equal(house.row.take(1000), 0)
  const person = house.take()
  house.pass(35_000, [person])
  assert.ok(!house.isCalled(person))
  house.pass(10_000, [person])
  assert.ok(house.isCalled(person))
})

test('a ticket lets one visitor in: used again it is spent, but for the minute in which an answer may be lost', () => {
  const house = new House({ sessions: 5, rate: 1000 })
  const number = house.take()
  assert.equal(house.enter(number), 'admitted')
  assert.equal(house.enter(number), 'admitted')
  house.pass(30_000)
  house.queue.renew(number, house.now, times)
  house.pass(40_000)
  assert.equal(house.enter(number), 'spent')
  assert.equal(house.enter(number, true), 'admitted')
  house.queue.end(number)
  assert.equal(house.enter(number), 'spent')
  assert.equal(house.enter(number, true), 'spent')
})

test('a ticket that two share lets in one: the minute for a lost answer is for who was let in', () => {
  const house = new House({ sessions: 5, rate: 1000 })
  const number = house.take()
  assert.equal(house.enter(number, false, 1), 'admitted')
  assert.equal(house.enter(number, false, 2), 'spent')
  assert.equal(house.enter(number, false, 1), 'admitted')
})

test('whose place was given on before they came a second time are the next, with their session and not with the ticket', () => {
  const house = new House({ sessions: 1, rate: 1000 })
  const [reader, next] = [house.take(), house.take()]
  house.enter(reader)
  assert.ok(house.row.isIn(reader))
  house.pass(62_000, [next])
  assert.equal(house.enter(next), 'admitted')
  assert.equal(house.row.isIn(reader), false)
  assert.equal(house.row.mark(reader), Mark.lapsed)
  house.queue.renew(reader, house.now, times)
  assert.equal(house.queue.sessions, 1)
  assert.equal(house.enter(reader), 'spent')
  assert.equal(house.enter(reader, true), 'waits')
  const late = house.take()
  house.queue.end(next)
  house.pass(1000, [reader, late])
  assert.deepEqual([house.isCalled(late), house.enter(reader, true)], [false, 'admitted'])
})

test('never are more in than may be, whatever visitors do and however often the process is killed', t => {
  const seed = freshSeed()
  t.diagnostic(`seed ${seed}`)
  const random = seeded(seed)
  const most = 20
  let house = new House({ sessions: most, rate: 1000 })
  const [tickets, cookies] = [new Set<number>(), new Set<number>()]
  let admitted = 0
  for (let step = 0; step < 4000; step++) {
    if (random.next() < 0.3) tickets.add(house.take())
    for (const number of tickets) {
      house.poll(number)
      if (!house.isCalled(number) || random.next() < 0.5) continue
      if (house.enter(number) === 'waits') continue
      tickets.delete(number)
      if (house.row.isIn(number)) cookies.add(number)
      admitted++
    }
    for (const number of cookies) {
      const chance = random.next()
      if (chance < 0.02 && house.row.isIn(number)) house.queue.renew(number, house.now, times)
      else if (chance < 0.04 && house.enter(number, true) === 'spent') cookies.delete(number)
      else if (chance < 0.042) house.queue.end(number)
    }
    house.pass(random.next() < 0.01 ? 70_000 : TICK)
    const inside = [...cookies].filter(number => house.row.isIn(number)).length
    assert.ok(inside <= most && house.queue.sessions <= most, `${inside} are in`)
    // What was kept is a little old; numbers go on behind the block.
    if (random.next() < 0.005) {
      const next = house.row.get(RoomWord.next) + 100
      house = new House(house.bears, { next, serving: house.queue.serving, active: house.queue.sessions })
    }
  }
  assert.ok(admitted > 100, `${admitted} came in`)
})

test('a session ends when it is idle, when it shows no cookie, and when it is too long', () => {
  const house = new House({ sessions: 3, rate: 1000 })
  const [silent, idle, busy] = [house.take(), house.take(), house.take()]
  for (const number of [silent, idle, busy]) house.enter(number)
  for (const number of [idle, busy]) house.queue.renew(number, house.now, times)
  house.pass(61_000)
  house.queue.renew(busy, house.now, times)
  assert.equal(house.queue.sessions, 2)
  house.pass(times.idle - 30_000)
  assert.equal(house.queue.sessions, 1)
  while (house.now < times.longest) {
    house.queue.renew(busy, house.now, times)
    house.pass(60_000)
  }
  house.pass(61_000)
  assert.equal(house.queue.sessions, 0)
})

test('after a restart places are kept, and sessions not heard of yet keep theirs', () => {
  const house = new House({ sessions: 2, rate: 1000 }, { next: 10, serving: 4, active: 2 })
  const late = house.take()
  house.pass(1000)
  assert.equal(house.isCalled(4), false)
  house.queue.renew(1, house.now, times)
  assert.equal(house.queue.sessions, 2)
  // One was never heard of again: its place goes to the next in line, though nobody has heard of that one yet either.
  for (let second = 0; second < 80; second++) house.pass(1000, [4, 5, 6, 7, 8, 9, late])
  house.queue.end(1)
  house.pass(1000, [4, 5, 6, 7, 8, 9, late])
  assert.deepEqual([house.isCalled(4), house.isCalled(5)], [true, false])
})

test('numbers that nobody was given are passed over and not counted, restart after restart', () => {
  const remembered = {
    next: 30,
    serving: 4,
    active: 1,
    gaps: [
      [6, 20],
      [22, 28],
    ] as const,
  }
  const house = new House({ sessions: 1, rate: 1000 }, remembered)
  house.queue.renew(1, house.now, times)
  house.pass(1000)
  assert.equal(house.row.presentBefore(30), 6)
  assert.equal(house.row.get(RoomWord.unused), 20)
  for (const [step, number] of [4, 5, 20, 21, 28, 29].entries()) {
    house.queue.end(step === 0 ? 1 : [4, 5, 20, 21, 28, 29][step - 1]!)
    house.pass(500)
    assert.equal(house.enter(number), 'admitted', `${number} is the next`)
  }
  assert.equal(house.row.get(RoomWord.unused), 0)
  house.queue.skip([40, 50])
  house.queue.skip([50, 50])
  assert.deepEqual(house.queue.gaps, [...remembered.gaps, [40, 50]])
})

test('a room as full as its marks reach says so, with numbers in it that nobody has', () => {
  const { row } = new House({ sessions: 0, rate: 0 })
  row.set(RoomWord.reserved, 2_000_000)
  row.set(RoomWord.next, 16_000)
  row.set(RoomWord.unused, 16_000)
  assert.equal(row.take(10), 16_000)
  row.set(RoomWord.next, 1_048_576)
  row.set(RoomWord.unused, 1_000_000)
  assert.equal(row.take(1_000_000), 'full')
})

test('nobody is called while it is drawn who comes first', () => {
  const house = new House({ sessions: 100, rate: 1000 })
  house.row.set(RoomWord.phase, RoomPhase.gathering)
  house.pass(1000)
  const number = house.take()
  house.pass(5000, [number])
  assert.equal(house.isCalled(number), false)
  house.row.set(RoomWord.phase, RoomPhase.open)
  house.pass(1000, [number])
  assert.equal(house.isCalled(number), true)
})

test('a million wait: the queue moves on, over absent ones too, within a turn', () => {
  const house = new House({ sessions: 1, rate: 1000 })
  house.enter(house.take())
  const second = house.row.get(RoomWord.second)
  for (let i = 0; i < 1_000_000; i++) house.row.setMark(house.row.get(RoomWord.next) + i, markAt(second))
  Atomics.add(house.row.words, RoomWord.next, 1_000_000)
  house.pass(1000)
  assert.equal(house.queue.waiting, 1_000_000)
  const middle = house.row.presentBefore(500_000)
  assert.ok(Math.abs(middle - 500_000) < 5000, String(middle))
  house.pass((ABSENT + 10) * 1000)
  const last = house.take()
  house.pass(310_000, [last])
  assert.ok(house.isCalled(last))
})

test('the order of calling is the order of arrival, and the first estimate is honest', t => {
  const seed = freshSeed()
  t.diagnostic(`seed ${seed}`)
  const random = seeded(seed)
  const house = new House({ sessions: 100_000, rate: 20 })
  const told = new Map<number, { at: number; low: number; high: number }>()
  const leavesAt = new Map<number, number>()
  const called: { number: number; at: number }[] = []
  let arrival = 0
  const waiting = new Set<number>()
  // 100 arrivals a second for a minute; one in five gives up, at some moment of the first five minutes.
  for (let second = 0; second < 400; second++) {
    for (; arrival < Math.min(second + 1, 60); arrival += exponential(random, 100)) {
      const number = house.take()
      waiting.add(number)
      if (random.next() < 0.2) leavesAt.set(number, second + random.next() * 300)
      const { estimate } = placeAt(house.row, house.row.positionOf(number), 0, random)
      if (estimate !== null && second > 2) told.set(number, { at: house.now, low: estimate[0], high: estimate[1] })
    }
    for (const number of waiting) if ((leavesAt.get(number) ?? Infinity) < second) waiting.delete(number)
    house.pass(1000, waiting)
    for (const number of waiting) {
      if (!house.isCalled(number)) continue
      assert.equal(house.enter(number), 'admitted')
      called.push({ number, at: house.now })
      waiting.delete(number)
    }
  }
  assert.equal(waiting.size, 0)
  // Called within a second of each other they come in any order; that of the calling is by number.
  assert.ok(kendallTau(called.map(({ number }) => number)) >= 0.999)
  const errors = called.flatMap(({ number, at }) => {
    const first = told.get(number)
    const waited = (at - (first?.at ?? at)) / 1000
    return first === undefined || waited < 10 ? [] : [Math.abs((first.low + first.high) / 2 - waited) / waited]
  })
  const median = errors.toSorted((a, b) => a - b)[errors.length >> 1]!
  t.diagnostic(`median error of ${errors.length} first estimates: ${(median * 100).toFixed(1)}%`)
  assert.ok(median <= 0.25, `median error ${median}`)
})

/** Kendall's rank correlation with the rising order, by counting inversions in blocks. */
function kendallTau(order: readonly number[]): number {
  let inversions = 0
  for (let i = 0; i < order.length; i++)
    for (let j = i + 1; j < order.length; j++) if (order[i]! > order[j]!) inversions++
  return 1 - (4 * inversions) / (order.length * (order.length - 1))
}

test('where nobody has set the pace, nothing is told before it was seen, and then what was seen lately', () => {
  const house = new House({ sessions: 100_000, rate: 20, isGuess: true })
  const numbers = Array.from({ length: 2000 }, () => house.take())
  const told: (readonly [number, number] | null)[] = []
  for (let second = 0; second < 12; second++) {
    // It has to find out: two a second at first, twenty at last.
    house.bears = { ...house.bears, rate: Math.min(20, 2 + 3 * second) }
    house.pass(1000, numbers)
    told.push(placeAt(house.row, house.row.positionOf(numbers.at(-1)!), 0, seeded(1)).estimate)
  }
  assert.deepEqual(told.slice(0, 5), [null, null, null, null, null])
  const [from, to] = told.at(-1)!
  assert.ok(Math.abs((from + to) / 2 - 100) <= 25, `${from} to ${to}`)
})
