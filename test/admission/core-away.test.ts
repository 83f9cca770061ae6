// A core that stalls, dies or comes back: no visitor hangs, and no place is lost or taken twice.

import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { CoreLink } from '../../src/admission/link.ts'
import type { Question, Verdict } from '../../src/admission/link.ts'
import { systemClock } from '../../src/base/clock.ts'
import { Board, FlightWord, GlobalWord, OriginWord } from '../../src/board/board.ts'
import { Places } from '../../src/board/places.ts'
import type { EdgeToCore } from '../../src/threads/messages.ts'

const PASS: Question = {
  site: 'main',
  key: null,
  intent: 'pass',
  stale: 0,
  staleWhileRevalidate: false,
}
const FETCH: typeof PASS = { ...PASS, key: 'main http://a/', intent: 'fetch' }

function edge() {
  const board = new Board()
  const sent: EdgeToCore[] = []
  Atomics.store(board.global, GlobalWord.slots, 1)
  Atomics.store(board.origin(0), OriginWord.limit, 1)
  const places = new Places({ board, slot: 0, streams: 10, freed: origin => link.freed(origin) })
  places.update([{ index: 0, site: 'main', url: 'http://127.0.0.1:1', state: 'up' }])
  const link = new CoreLink({ board, places, clock: systemClock, arrive: () => undefined })
  const channel = { send: (message: EdgeToCore) => void sent.push(message) }
  link.connect(channel)
  const ask = (question: typeof PASS, wait: number) => {
    let id = 0
    const verdict = new Promise<Verdict>(resolve => (id = link.ask(question, wait, resolve)))
    return { verdict, id }
  }
  const live = (): void => void Atomics.store(board.global, GlobalWord.coreTick, Math.floor(Date.now() / 1000))
  const inFlight = (): number => board.flight(0, 0)[FlightWord.inFlight]!
  return { board, places, link, sent, ask, live, inFlight, channel }
}

test('without a word from core a shared fetch is refused when the queue’s time is over', async () => {
  const { link, ask } = edge()
  const startedAt = Date.now()
  assert.deepEqual(await ask(FETCH, 300).verdict, { type: 'refuse', reason: 'core-away', retryAfter: 2 })
  assert.ok(Date.now() - startedAt >= 300)
  link.close()
})

test('without a word from core a stale response stands in after a second, long before the queue’s time is over', async () => {
  const { link, ask } = edge()
  const { verdict } = ask({ ...FETCH, intent: 'validate', stale: 5 }, 60_000)
  assert.deepEqual(await verdict, { type: 'stale', reason: 'core-away' })
  link.close()
})

test('a core that shows life may let a request wait for longer than that', async () => {
  const { link, ask, live, board } = edge()
  live()
  const ticking = setInterval(live, 100)
  const { verdict, id } = ask(FETCH, 100)
  await new Promise(resolve => setTimeout(resolve, 400))
  assert.equal(link.open, 1)
  Atomics.add(board.flight(0, 0), FlightWord.inFlight, 1)
  link.receive({ type: 'fetch', id, origin: 0 })
  assert.equal((await verdict).type, 'fetch')
  clearInterval(ticking)
  link.close()
})

test('without core, requests that nobody shares are served within the limit, past whoever waits', async () => {
  const { link, ask, board, places, inFlight } = edge()
  Atomics.store(board.origin(0), OriginWord.waiting, 3)
  assert.equal(places.take('main'), undefined)
  const first = await ask(PASS, 60_000).verdict
  assert.equal(first.type, 'fetch')
  const second = ask(PASS, 300)
  assert.equal((await second.verdict).type, 'refuse')
  assert.equal(inFlight(), 1)
  if (first.type === 'fetch') first.permit.free()
  assert.equal(inFlight(), 0)
  link.close()
})

test('a new core is asked everything that is still open, and places that the old one lost are taken back', async () => {
  const { link, ask, board, places, inFlight, channel, sent } = edge()
  const permit = places.take('main')!
  // The old core counted a place for this edge and died before it could say so.
  Atomics.add(board.flight(0, 0), FlightWord.inFlight, 1)
  const { verdict, id } = ask(FETCH, 60_000)
  sent.length = 0
  link.connect(channel)
  assert.deepEqual(sent, [{ type: 'ask', id, ...FETCH }])
  assert.equal(inFlight(), 1)
  permit.free()
  permit.free()
  assert.equal(inFlight(), 0)
  link.receive({ type: 'look', id })
  assert.deepEqual(await verdict, { type: 'look' })
  link.close()
})

test('a permit that comes for a visitor who has gone is given back, and its flight ended', async () => {
  const { link, board, inFlight, sent, live } = edge()
  live()
  let isGone = false
  let id = 0
  const verdict = new Promise<Verdict>(resolve => (id = link.ask(FETCH, 60_000, resolve, () => isGone)))
  isGone = true
  assert.deepEqual(await verdict, { type: 'gone' })
  Atomics.add(board.flight(0, 0), FlightWord.inFlight, 1)
  Atomics.store(board.origin(0), OriginWord.waiting, 1)
  link.receive({ type: 'fetch', id, origin: 0 })
  assert.equal(inFlight(), 0)
  assert.deepEqual(sent.slice(1), [
    { type: 'gone', id },
    { type: 'freed', origin: 0 },
    { type: 'end', id },
  ])
  link.close()
})
