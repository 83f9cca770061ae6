// Three nodes that have one waiting room in common, a real server between them and an origin behind them.

import assert from 'node:assert/strict'
import { Origin } from '../fixtures/origin.ts'
import { Redis } from '../fixtures/redis.ts'
import type { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { Guest } from '../whole/fixtures/guest.ts'
import { settled, startNode, stateOf } from './nodes.ts'
import type { NodeWishes } from './nodes.ts'

export const NAMES = ['a', 'b', 'c']
export const page = { body: 'the shop', fields: { 'cache-control': 'no-store' } }

export interface House extends AsyncDisposable {
  redis: Redis
  origin: Origin
  shields: Shield[]
  again(name: string, data: string): Promise<Shield>
}

/** A server, an origin and three nodes that have this waiting room in common. */
export async function three(waitingRoom: NonNullable<NodeWishes['waitingRoom']>, pages = {}): Promise<House> {
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await Redis.start())
  const origin = stack.use(await Origin.start({ '*': page, ...pages }))
  const starting = { servers: [redis.url], origins: [origin.url], concurrency: 60, waitingRoom }
  const shields = await Promise.all(NAMES.map(async name => stack.use(await startNode({ name, ...starting }))))
  const again = async (name: string, data: string) => stack.use(await startNode({ name, ...starting, data }))
  const house = { redis, origin, shields, again }
  await until('shares are out', () => settled(shields, 60))
  await until('all give out numbers of all', () => together(house))
  const parts = stack.move()
  return { ...house, [Symbol.asyncDispose]: () => parts.disposeAsync() }
}

export const together = async ({ shields }: Pick<House, 'shields'>): Promise<boolean> => {
  const states = await Promise.all(shields.map(stateOf))
  return states.every(state => state!.rooms.length === 1 && state!.rooms.every(({ isApart }) => !isApart))
}

/** The same visitor at another node. */
export const at = (shield: Shield, guest: Guest): Guest => new Guest(shield.port, guest.jar)

/** A new visitor of this node who is let in. */
export async function entered({ port }: Shield): Promise<Guest> {
  const guest = new Guest(port)
  await until('the visitor is in', async () => (await guest.ask()).text === page.body)
  return guest
}

/** New visitors who come one after another, one to each of these nodes, and have to wait. */
export async function waitingAt(...shields: Shield[]): Promise<Guest[]> {
  const guests = shields.map(({ port }) => new Guest(port))
  for (const guest of guests) assert.equal((await guest.ask()).status, 503)
  return guests
}

export const numberOf = (guest: Guest): number => Number.parseInt(guest.jar.get('bw-ticket-main')!, 36)
