// What a visitor's ticket and session are worth at an edge, with the real queue behind it and the hands of the clocks in the test's
// hand: changed, foreign, used and old ones, clocks that jump, crawlers and those who only say so.

import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { Bypass } from '../../src/admission/waiting/bypass.ts'
import { EdgeRooms } from '../../src/admission/waiting/edge-rooms.ts'
import { Entries } from '../../src/admission/waiting/entries.ts'
import { Renewals } from '../../src/admission/waiting/renewals.ts'
import { judge } from '../../src/admission/waiting/judge.ts'
import type { Verdict } from '../../src/admission/waiting/judge.ts'
import { ManualClock } from '../../src/base/clock.ts'
import { Board } from '../../src/board/board.ts'
import { Mark, RoomWord } from '../../src/board/rooms.ts'
import { Room } from '../../src/core/waiting/room.ts'
import { Signer, TICKET_LIFE, putKeyOnBoard } from '../../src/waiting/tickets.ts'
import type { RoomRow } from '../../src/board/rooms.ts'
import type { EdgeToCore } from '../../src/threads/messages.ts'
import { configOf } from '../core/config.ts'

const name = { site: 'shop', room: 'main' }
const HOUR = 3_600_000
const start = 1_800_000_000_000

/** An edge and core's room, with a wall clock each that can be set, and one hand for durations. */
class House {
  readonly core = new ManualClock(start)
  readonly signer = new Signer(Buffer.alloc(32, 9))
  readonly room: Room
  readonly row: RoomRow
  /** How far the wall clock of the edge is off. */
  jump = 0
  readonly #rooms: EdgeRooms
  readonly #entries: Entries
  readonly #renewals: Renewals
  readonly bypass: Bypass
  /** Names by address, addresses by name. */
  readonly dns = new Map<string, string[]>()
  asked = 0
  /** Core does not answer. */
  isSilent = false

  constructor(waitingRoom: object = {}) {
    const config = configOf({
      sites: { name: 'shop', origins: ['http://127.0.0.1:1'], waitingRoom: { sessions: 1, ...waitingRoom } },
    })
    const board = new Board()
    putKeyOnBoard(board.signingKey, Buffer.alloc(32, 9))
    const row = (this.row = board.room(0))
    const deps = { clock: this.core, signer: this.signer, folder: tmpdir(), log: () => {} }
    this.room = new Room({ index: 0, name, row }, deps, config.sites[0]!.waitingRoom[0]!, undefined)
    row.set(RoomWord.reserved, 100_000)
    this.#rooms = new EdgeRooms(board, config)
    this.#rooms.update([this.room.facts])
    this.#entries = new Entries(message => this.#hear(message))
    this.#renewals = new Renewals(this.#rooms, this.#entries, this.clock)
    const look = (key: string): Promise<string[]> => {
      this.asked++
      return Promise.resolve(this.dns.get(key) ?? [])
    }
    this.bypass = new Bypass({ reverse: look, addresses: look }, this.clock)
    this.pass(250)
  }

  get clock() {
    return { now: () => this.core.now() + this.jump, monotonic: () => this.core.monotonic() }
  }

  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 250) {
      this.core.advance(250)
      this.room.tick({ limit: 1, inFlight: 0, queued: 0, rate: 0, potential: 0 })
    }
  }

  /** A visitor has a stored page. */
  hit(jar: Record<string, string>): void {
    const cookies = Object.entries(jar).map(([kind, value]) => `${kind}-main=${value}`)
    this.#renewals.seen('shop', { fields: ['Cookie', cookies.join('; ')] })
  }

  /** A visitor's request, with a jar that takes what is set. */
  async come(
    jar: Record<string, string>,
    client: { address?: string; agent?: string; isDoubtful?: boolean } = {},
  ): Promise<Verdict> {
    const cookies: string[] = []
    const { address = '192.0.2.1', agent = 'Firefox' } = client
    const verdict = await judge(
      { clock: this.clock, entries: this.#entries, bypass: this.bypass },
      {
        room: this.#rooms.find('shop', 'main')!,
        brought: jar,
        client: { address, scheme: 'http' } as never,
        fields: ['User-Agent', agent],
        mayQueue: true,
        isDoubtful: client.isDoubtful ?? false,
        cookies,
      },
    )
    for (const line of cookies) {
      const [, kind = '', value = ''] = /^(bw-[a-z]+)-main=([^;]*)/.exec(line)!
      jar[kind] = value
    }
    return verdict
  }

  #hear(message: EdgeToCore): void {
    if (this.isSilent) return
    if (message.type === 'enter') this.#entries.answered(message.id, this.room.enter(message))
    else if (message.type === 'renew') this.room.renew(message.number)
  }
}

const noteOf = (verdict: Verdict): unknown => (verdict.type === 'waits' ? verdict.note : verdict.type)

test('a ticket that was changed, made for another room or by another key is none; an old one is replaced', async () => {
  const house = new House()
  await house.come({})
  const mine: Record<string, string> = {}
  const first = await house.come(mine)
  assert.equal(noteOf(first), undefined)
  const good = mine['bw-ticket']!
  const flipped = good.replace(/^./, each => (each === '0' ? '1' : '0'))
  const issued = house.clock.now()
  const bad = [
    ...[flipped, `${good}x`, good.slice(0, -1), 'x'.repeat(5000), '', '0.0.', '\u0000', '..', '%00.%00'],
    house.signer.ticket({ site: 'other', room: 'main' }, { number: 0, issued }),
    house.signer.ticket({ site: 'shop', room: 'checkout' }, { number: 0, issued }),
    new Signer(Buffer.alloc(32, 1)).ticket(name, { number: 0, issued }),
    house.signer.session(name, { number: 0, since: issued, until: issued + HOUR }),
    house.signer.pass(name, issued + HOUR),
  ]
  for (const text of bad) {
    const jar = { 'bw-ticket': text, 'bw-session': `${text}.0`, 'bw-pass': `${text}.` }
    assert.equal(noteOf(await house.come(jar)), 'ticket-unknown', text.slice(0, 60))
  }
  assert.deepEqual(await house.come(mine), first)
  house.jump = TICKET_LIFE + 2000
  assert.equal(noteOf(await house.come(mine)), 'ticket-expired')
})

test('a ticket used a second time lets nobody in, but for the same browser within the minute', async () => {
  const house = new House({ sessions: 2 })
  const first: Record<string, string> = {}
  assert.equal((await house.come(first)).type, 'in')
  const ticket = { 'bw-ticket': first['bw-ticket']! }
  assert.equal((await house.come({ ...ticket })).type, 'in')
  assert.equal(house.room.queue.sessions, 1)
  const thief = await house.come({ ...ticket }, { address: '198.51.100.7' })
  assert.equal(noteOf(thief), 'ticket-used')
  assert.equal(house.room.queue.sessions, 1)
  assert.equal(noteOf(await house.come({ ...ticket }, { agent: 'curl' })), 'ticket-used')
})

test('a clock that is set, hours ahead or back, puts nobody out who is in, and nobody in who is not', async () => {
  for (const jump of [-5 * HOUR, -60_000, 90_000, HOUR]) {
    const house = new House()
    const [inside, outside]: Record<string, string>[] = [{}, {}]
    assert.equal((await house.come(inside!)).type, 'in')
    assert.equal((await house.come(inside!)).type, 'in')
    const before = await house.come(outside!)
    house.jump = jump
    for (let i = 0; i < 20; i++) {
      assert.equal((await house.come(inside!)).type, 'in', `after ${jump} ms`)
      const after = await house.come(outside!)
      assert.deepEqual([after.type, 'number' in after && after.number], ['waits', 'number' in before && before.number])
      house.pass(60_000)
    }
    assert.equal(house.room.queue.sessions, 1)
  }
})

test('while core does not answer nobody comes in, and nobody is put out who is in', async () => {
  const house = new House({ sessions: 2 })
  const jar: Record<string, string> = {}
  const { number } = (await house.come(jar)) as { number: number }
  house.isSilent = true
  assert.equal((await house.come(jar)).type, 'in')
  // At a node that has not heard of this session that it began is signed; only whose place was given on waits.
  house.row.setMark(number, Mark.unknown)
  assert.equal((await house.come(jar)).type, 'in')
  house.row.setMark(number, Mark.lapsed)
  assert.equal((await house.come(jar)).type, 'waits')
  assert.equal((await house.come({})).type, 'waits')
})

test('a session over its time is over, whatever its cookie says', async () => {
  const house = new House({ idle: '2 min' })
  const [jar, next]: Record<string, string>[] = [{}, {}]
  await house.come(jar!)
  await house.come(jar!)
  house.pass(125_000)
  house.jump = -125_000
  assert.equal((await house.come(next!)).type, 'in')
  assert.equal((await house.come(jar!)).type, 'waits')
  assert.equal(house.room.queue.sessions, 1)
})

test('who reads a page for minutes before a second click finds the place again: at once, or as the next', async () => {
  const house = new House()
  const reader: Record<string, string> = {}
  await house.come(reader)
  house.pass(90_000)
  assert.equal(house.room.queue.sessions, 0)
  assert.equal((await house.come(reader)).type, 'in')
  assert.equal(house.room.queue.sessions, 1)
  house.pass(250)
  assert.equal((await house.come({})).type, 'waits')
})

test('whoever reads stored pages stays in, as whoever needs the origin does', async () => {
  for (const reads of [true, false]) {
    const house = new House()
    const jar = {}
    assert.equal((await house.come(jar)).type, 'in')
    await house.come(jar)
    for (let minute = 0; minute < 12; minute++) {
      house.pass(60_000)
      if (reads) house.hit(jar)
    }
    const other = {}
    assert.equal((await house.come(other)).type, reads ? 'waits' : 'in')
    assert.equal((await house.come(jar)).type, reads ? 'in' : 'waits')
  }
})

test('who does not look like people is let in with a ticket given before alone, and holds up nobody without', async () => {
  const house = new House({ sessions: 2 })
  const doubtful = { isDoubtful: true }
  for (let i = 0; i < 20; i++) assert.equal((await house.come({}, doubtful)).type, 'waits')
  const jar = {}
  assert.equal((await house.come(jar, doubtful)).type, 'waits')
  const person = {}
  await house.come(person)
  house.pass(1000)
  assert.equal((await house.come(person)).type, 'in')
  // One who threw the ticket away had been called at once: that turn passes on after a minute.
  for (let second = 0; second < 61; second++) {
    house.pass(1000)
    await house.come(jar, doubtful)
    await house.come(person)
  }
  assert.equal((await house.come(jar, doubtful)).type, 'in')
})

test('a ticket given to who does not look like people stands behind all others, until it does or nobody else waits', async () => {
  for (const isDoubtful of [true, false]) {
    const house = new House({ sessions: 1, idle: '10s' })
    const [inside, early, later] = [{}, {}, {}]
    assert.equal((await house.come(inside)).type, 'in')
    assert.equal((await house.come(early, { isDoubtful: true })).type, 'waits')
    house.pass(1000)
    assert.equal((await house.come(later)).type, 'waits')
    const entered: string[] = []
    for (let second = 0; second < 40; second++) {
      house.pass(1000)
      if ((await house.come(early, { isDoubtful })).type === 'in') entered.push('early')
      if (!entered.includes('later') && (await house.come(later)).type === 'in') entered.push('later')
    }
    assert.deepEqual([...new Set(entered)], isDoubtful ? ['later', 'early'] : ['early'], `doubtful: ${isDoubtful}`)
  }
})

test('who does not look like people leaves half of the room to who does, and has a session only once', async () => {
  const house = new House({ sessions: 1, idle: '10s', length: 10 })
  const inside = {}
  await house.come(inside)
  const waiting = await Promise.all(Array.from({ length: 8 }, () => house.come({}, { isDoubtful: true })))
  assert.equal(waiting.filter(({ type }) => type === 'outside').length, 3)
  assert.equal((await house.come({})).type, 'waits')
  const types: string[] = []
  for (let second = 0; second < 12; second++) {
    house.pass(1000)
    types.push((await house.come(inside, { isDoubtful: true })).type)
  }
  assert.ok(types.includes('in') && types.at(-1) !== 'in', types.join(' '))
})

test('crawlers go by when name and address lead to each other, and are asked for once', async () => {
  const house = new House({ bypass: { crawlers: ['googlebot.com'], networks: ['203.0.113.0/24'] } })
  await house.come({}, { address: '192.0.2.99' })
  house.dns.set('192.0.2.10', ['crawl-1.googlebot.com.'])
  house.dns.set('crawl-1.googlebot.com.', ['192.0.2.10'])
  house.dns.set('192.0.2.11', ['crawl-1.googlebot.com'])
  house.dns.set('crawl-1.googlebot.com', ['192.0.2.10'])
  house.dns.set('192.0.2.12', ['googlebot.com.evil.example', 'evilgooglebot.com'])
  for (const each of ['googlebot.com.evil.example', 'evilgooglebot.com']) house.dns.set(each, ['192.0.2.12'])
  const agent = 'Mozilla/5.0 (compatible; Googlebot/2.1)'
  const typeOf = async (address: string, as = agent) => (await house.come({}, { address, agent: as })).type
  assert.equal(await typeOf('192.0.2.10'), 'in')
  const { asked } = house
  assert.equal(await typeOf('192.0.2.10'), 'in')
  assert.equal(house.asked, asked)
  assert.equal(await typeOf('192.0.2.11'), 'waits', 'the name does not lead back')
  assert.equal(await typeOf('192.0.2.12'), 'waits', 'a name that only looks like it')
  assert.equal(await typeOf('192.0.2.13'), 'waits', 'no name at all')
  assert.equal(await typeOf('192.0.2.10', 'Firefox'), 'waits', 'a person behind the same address')
  assert.equal(await typeOf('203.0.113.5', 'monitor'), 'in')
})
