// Collapsed requests: who fetches, who waits, and what becomes of those who wait.

import assert from 'node:assert/strict'
import test from 'node:test'
import { withCredentials } from '../../src/store/keys.ts'
import { Flag, Time, Word } from '../../src/store/layout.ts'
import { Asking, WAIT } from './asking.ts'

/** `count` asks for a key, from three edges in turn. */
const crowd = (asking: Asking, count: number, key = 'page'): number[] =>
  Array.from({ length: count }, (_, i) => asking.ask(i % 3, key))

test('the first that asks for a key fetches it, the others wait and look when it is published', () => {
  const asking = new Asking()
  const ids = crowd(asking, 100)
  assert.deepEqual(asking.outcomes(ids), { fetch: 1, waits: 99 })
  asking.flights.head(0, ids[0]!, true, 0)
  asking.flights.end(0, ids[0]!, true)
  assert.deepEqual(asking.outcomes(ids), { fetch: 1, look: 99 })
  assert.equal(asking.flights.asks, 0)
  assert.equal(asking.flights.size, 0)
})

test('who waits is asked for once, and follows from the moment at which the fetching edge hands it on', () => {
  const asking = new Asking()
  const ids = crowd(asking, 10)
  const wanted = () => asking.told.filter(({ message }) => message.type === 'wanted').length
  assert.equal(wanted(), 0)
  asking.flights.head(0, ids[0]!, true, 0)
  assert.equal(wanted(), 1)
  const whole = asking.ask(1, 'page', { whole: true })
  asking.flights.coming(0, ids[0]!, 77)
  assert.deepEqual(asking.outcomes(ids), { fetch: 1, follow: 9 })
  assert.equal(asking.outcome(asking.ask(2, 'page')), 'follow')
  assert.equal(wanted(), 1)
  assert.equal(asking.outcome(whole), undefined)
  asking.flights.end(0, ids[0]!, true)
  assert.equal(asking.outcome(whole), 'look')
  assert.equal(asking.flights.asks, 0)
})

test('nobody follows what was invalidated while it came, or what may not be stored', () => {
  const asking = new Asking()
  const [fetching, waiting] = crowd(asking, 2)
  asking.flights.head(0, fetching!, true, 0)
  asking.flights.invalidate(['page'])
  asking.flights.coming(0, fetching!, 77)
  assert.equal(asking.outcome(waiting!), undefined)
  const other = crowd(asking, 2, 'other')
  asking.flights.head(0, other[0]!, false, 0)
  asking.flights.coming(0, other[0]!, 78)
  assert.deepEqual(asking.outcomes(other), { fetch: 2 })
})

test('who looked before another record was published under its key looks again, instead of fetching it once more', () => {
  const asking = new Asking()
  asking.store.store('page', 100)
  const serial = asking.store.segments.word(asking.store.find('page'), Word.serial)
  const ids = [0, serial - 1, serial].map(seen => asking.ask(0, 'page', { seen }))
  assert.deepEqual(
    ids.map(id => asking.outcome(id)),
    ['look', 'look', 'fetch'],
  )
  assert.equal(asking.flights.asks, 1)
})

test('requests without a key go each for themselves, in their order and within the limit', () => {
  const asking = new Asking({ limit: 2 })
  const ids = Array.from({ length: 5 }, (_, i) => asking.ask(i % 3, null))
  assert.deepEqual(
    ids.map(id => asking.outcome(id)),
    ['fetch', 'fetch', undefined, undefined, undefined],
  )
  asking.free(0)
  assert.equal(asking.outcome(ids[2]!), 'fetch')
  assert.equal(asking.inFlight, 2)
})

test('when the head tells that it is not storable all waiters are let go at once, never past the limit', () => {
  const asking = new Asking({ limit: 8 })
  const ids = crowd(asking, 50)
  asking.flights.head(0, ids[0]!, false, 120)
  assert.deepEqual(asking.outcomes(ids), { fetch: 8, waits: 42 })
  assert.equal(asking.inFlight, 8)
  asking.flights.end(0, ids[0]!, false)
  for (let i = 0; i < 8; i++) asking.free(i % 3)
  assert.deepEqual(asking.outcomes(ids), { fetch: 16, waits: 34 })
})

test('a key that was not storable is remembered for the seconds told, and not at all for none', () => {
  const asking = new Asking()
  asking.flights.head(0, asking.ask(0, 'login'), false, 120)
  asking.flights.head(0, asking.ask(0, 'error'), false, 0)
  const ref = asking.store.find('login')
  assert.equal(asking.store.segments.word(ref, Word.flags), Flag.hitForMiss)
  assert.equal(asking.store.segments.time(ref, Time.freshUntil), asking.clock.now() + 120_000)
  assert.equal(asking.store.find('error'), 0)
})

test('when a fetch fails the next in line tries, and after two more failures all are told why', () => {
  const asking = new Asking()
  const ids = crowd(asking, 10)
  for (const [turn, id] of ids.slice(0, 3).entries()) {
    assert.equal(asking.outcome(id), 'fetch')
    asking.flights.end(turn % 3, id, false, 'first-byte-timeout')
    asking.free(turn % 3)
  }
  assert.deepEqual(asking.outcomes(ids), { fetch: 3, 'refuse: first-byte-timeout': 7 })
  assert.equal(asking.flights.asks, 0)
})

test('when a fetch fails those who have a stale response get that', () => {
  const asking = new Asking()
  const first = asking.ask(0, 'page', { intent: 'validate', stale: 7 })
  const other = asking.ask(1, 'page', { intent: 'validate', stale: 7 })
  const without = asking.ask(2, 'page')
  asking.flights.end(0, first, false, 'origin-reset')
  assert.equal(asking.outcome(other), 'stale: ailing')
  assert.equal(asking.outcome(without), 'fetch')
})

test('when the edge that fetches dies another edge takes over, and its dead waiters are forgotten', () => {
  const asking = new Asking()
  const ids = crowd(asking, 9)
  asking.ledger.clear(0)
  asking.flights.edgeGone(0)
  assert.equal(asking.outcome(ids[1]!), 'fetch')
  assert.equal(asking.flights.asks, 6)
  assert.equal(asking.inFlight, 1)
})

test('a request that kills edge after edge is given up, so that it does not kill them all', () => {
  const asking = new Asking()
  const ids = [0, 1, 2].map(slot => asking.ask(slot, 'poison'))
  const later = asking.ask(2, 'poison')
  asking.flights.edgeGone(0)
  asking.flights.edgeGone(1)
  assert.equal(asking.outcome(ids[2]!), 'fetch')
  asking.flights.end(2, ids[2]!, false)
  assert.equal(asking.outcome(later), 'refuse: origin-reset')
})

test('a visitor who leaves while queued for the others hands its place to the next, and the last one frees it', () => {
  const asking = new Asking({ limit: 1 })
  const busy = asking.ask(0, null)
  const first = asking.ask(0, 'page')
  const second = asking.ask(1, 'page')
  const behind = asking.ask(2, null)
  asking.flights.gone(0, first)
  asking.free(0)
  assert.deepEqual(
    [busy, second, behind].map(id => asking.outcome(id)),
    ['fetch', 'fetch', undefined],
  )
  asking.flights.gone(2, behind)
  assert.equal(asking.permits.waiting, 0)
})

test('a visitor who leaves while its fetch is in flight spoils nothing for those who wait', () => {
  const asking = new Asking()
  const ids = crowd(asking, 4)
  asking.flights.gone(0, ids[0]!)
  asking.flights.end(0, ids[0]!, false)
  assert.equal(asking.outcome(ids[1]!), 'fetch')
  asking.flights.gone(2, ids[2]!)
  asking.flights.end(1, ids[1]!, true)
  assert.deepEqual(asking.outcomes(ids), { fetch: 2, waits: 1, look: 1 })
})

test('who waited the whole time for a slow fetch is sent for itself, two at most, and the others wait once more', () => {
  const asking = new Asking({ limit: 64 })
  const ids = crowd(asking, 30)
  asking.pass(WAIT)
  assert.deepEqual(asking.outcomes(ids), { fetch: 3, waits: 27 })
  asking.pass(WAIT)
  assert.deepEqual(asking.outcomes(ids), { fetch: 3, 'refuse: queue-deadline': 27 })
})

test('late waiters are served by whichever fetch comes back first', () => {
  const asking = new Asking({ limit: 64 })
  const ids = crowd(asking, 10)
  asking.pass(WAIT)
  asking.flights.end(1, ids[1]!, true)
  assert.deepEqual(asking.outcomes(ids), { fetch: 3, look: 7 })
})

test('a waiter with a stale response gets it when its time is over', () => {
  const asking = new Asking()
  asking.ask(0, 'page')
  const id = asking.ask(1, 'page', { intent: 'validate', stale: 9 })
  asking.pass(WAIT)
  assert.equal(asking.outcome(id), 'stale: shed')
})

test('when the first in the queue waited its time the next for the same key has its place', () => {
  // The queue is not overloaded yet when the first one's patience ends.
  const asking = new Asking({ limit: 1, wait: 2 * WAIT })
  asking.ask(0, null)
  const first = asking.ask(0, 'page')
  asking.pass(WAIT / 2)
  const second = asking.ask(1, 'page')
  const behind = asking.ask(2, null)
  asking.pass(WAIT / 2)
  assert.equal(asking.outcome(first), 'refuse: queue-deadline')
  asking.free(0)
  assert.deepEqual(
    [second, behind].map(id => asking.outcome(id)),
    ['fetch', undefined],
  )
})

test('while a stale response is refreshed one edge fetches, the others serve it, and a lease spares them the question', () => {
  const asking = new Asking()
  const ref = asking.store.store('page', 100)
  const more = { intent: 'refresh', stale: ref, staleWhileRevalidate: true } as const
  const ids = [0, 1, 2].map(slot => asking.ask(slot, 'page', more))
  assert.deepEqual(
    ids.map(id => asking.outcome(id)),
    ['fetch', 'stale: revalidating', 'stale: revalidating'],
  )
  assert.equal(asking.store.segments.time(ref, Time.leaseUntil), asking.clock.now() + 1000)
  asking.clock.advance(900)
  asking.flights.renewLeases()
  assert.equal(asking.store.segments.time(ref, Time.leaseUntil), asking.clock.now() + 1000)
})

test('a refresh takes no place in the queue from visitors who wait', () => {
  const asking = new Asking({ limit: 1 })
  asking.ask(0, null)
  const id = asking.ask(1, 'page', { intent: 'refresh', stale: 5, staleWhileRevalidate: true })
  assert.equal(asking.outcome(id), 'stale: shed')
  assert.equal(asking.permits.waiting, 0)
  assert.equal(asking.flights.size, 0)
})

test('while the origin ails whoever has a stale response gets it at once', () => {
  const asking = new Asking({ isAiling: true })
  const ref = asking.store.store('page', 100)
  const stale = asking.ask(0, 'page', { intent: 'validate', stale: ref })
  const none = asking.ask(0, 'page')
  assert.deepEqual(
    [stale, none].map(id => asking.outcome(id)),
    ['stale: ailing', 'fetch'],
  )
  assert.ok(asking.store.segments.time(ref, Time.leaseUntil) > asking.clock.now())
})

test('what was sent before its key was invalidated is not published, and who asks afterwards gets a fetch of its own', () => {
  const asking = new Asking()
  const old = asking.ask(0, 'page')
  const waits = asking.ask(1, 'page')
  asking.flights.invalidate(['page'])
  const fresh = asking.ask(2, 'page')
  assert.equal(asking.outcome(fresh), 'fetch')
  assert.equal(asking.flights.isVoid(0, old, 'page'), true)
  assert.equal(asking.flights.isVoid(2, fresh, 'page'), false)
  assert.equal(asking.flights.isVoid(0, 999, 'page'), true, 'told apart by the key where the question is not known')
  asking.flights.end(0, old, true)
  assert.equal(asking.outcome(waits), 'look')
  assert.equal(asking.flights.isVoid(0, 999, 'page'), false)
})

test('a site that is not there has no origin', () => {
  const asking = new Asking()
  const id = asking.ask(0, 'page', { site: 'gone' })
  assert.equal(asking.outcome(id), 'refuse: no-origin')
})

/** Other nodes as a table: who was asked for, who was told the end. */
function among(asking: Asking) {
  const answers = new Map<string, (isStored: boolean) => void>()
  const said: string[] = []
  asking.flights.elsewhere.others = {
    claim: (key, answer) => {
      answers.set(key, answer)
      return true
    },
    ended: (key, isStored) => said.push(`${key} ${isStored}`),
    cancel: key => answers.delete(key),
  }
  return { said, answer: (key: string, isStored: boolean) => answers.get(key)?.(isStored) }
}

test('who wants what another node fetches waits for it, and looks when it is stored here', () => {
  const asking = new Asking()
  const { answer, said } = among(asking)
  const ids = crowd(asking, 30)
  assert.deepEqual(asking.outcomes(ids), { waits: 30 })
  assert.equal(asking.inFlight, 0)
  answer('page', true)
  assert.deepEqual(asking.outcomes(ids), { look: 30 })
  assert.deepEqual([said, asking.flights.size], [['page false'], 0])
})

test('where no other node has it one fetches, and the others are told how that ended', () => {
  const asking = new Asking()
  const { answer, said } = among(asking)
  const ids = crowd(asking, 30)
  answer('page', false)
  assert.deepEqual(asking.outcomes(ids), { fetch: 1, waits: 29 })
  asking.flights.head(0, ids[0]!, true, 0)
  asking.flights.end(0, ids[0]!, true)
  assert.deepEqual(asking.outcomes(ids), { fetch: 1, look: 29 })
  assert.deepEqual(said, ['page true'])
})

test('what becomes untrue while another node is asked is fetched here at once', () => {
  const asking = new Asking()
  const { answer } = among(asking)
  const ids = crowd(asking, 10)
  asking.flights.invalidate(['page'])
  assert.deepEqual(asking.outcomes(ids), { fetch: 1, waits: 9 })
  answer('page', true)
  assert.deepEqual(asking.outcomes(ids), { fetch: 1, waits: 9 })
})

test('who has waited its time for another node fetches for itself, and one who has gone leaves nothing behind', () => {
  const asking = new Asking()
  const { answer } = among(asking)
  const [first, second] = [asking.ask(0, 'page'), asking.ask(1, 'gone')]
  asking.flights.gone(1, second)
  asking.pass(WAIT + 1)
  assert.equal(asking.outcome(first), 'fetch')
  answer('gone', false)
  assert.deepEqual([asking.flights.size, asking.flights.asks], [1, 1])
})

test('who asks with credentials looks again where the page was stored for all meanwhile, and asks where nothing was', () => {
  const asking = new Asking()
  const key = withCredentials('page')
  assert.equal(asking.outcome(asking.ask(0, key, { seen: 0 })), 'fetch')
  const ref = asking.store.store('page', 100)
  assert.equal(asking.outcome(asking.ask(1, key, { seen: 0 })), 'look')
  // One who may not have what is stored says that it was passed over, and waits for the fetch.
  const seen = asking.store.segments.word(ref, Word.serial)
  assert.equal(asking.outcome(asking.ask(2, key, { seen })), undefined)
})
