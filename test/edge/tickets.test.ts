// Which keys session tickets are sealed with and opened by: this process's own, and those that nodes have in common.

import assert from 'node:assert/strict'
import { createServer } from 'node:tls'
import type { Server } from 'node:tls'
import { test } from 'node:test'
import { Tickets, keysIn, ticketKey } from '../../src/edge/tickets.ts'

const own = Buffer.alloc(32, 1)
const seed = (period: number) => ({ period, seed: Buffer.alloc(32, period).toString('base64') })
const names = (...args: Parameters<typeof keysIn>) => keysIn(...args).map(({ name }) => name.toString('hex'))
const ownName = (period: number) => ticketKey(own, period).name.toString('hex')
const sharedName = (period: number) => ticketKey(Buffer.alloc(32, period), period).name.toString('hex')

test('a node by itself seals with the key of the period, and takes those of the last', () => {
  assert.deepEqual(names(7, own, []), [ownName(7), ownName(6)])
})

test('with seeds of all nodes those come first, and the next one is taken already', () => {
  const all = [sharedName(7), sharedName(6), sharedName(8), ownName(7), ownName(6)]
  assert.deepEqual(names(7, own, [seed(6), seed(7), seed(8)]), all)
})

test('seeds that have run out are taken for a period, and no longer sealed with', () => {
  assert.deepEqual(names(8, own, [seed(6), seed(7)]), [ownName(8), ownName(7), sharedName(7)])
  assert.deepEqual(names(9, own, [seed(6), seed(7)]), [ownName(9), ownName(8)])
})

test('keys of two periods, and of two processes, have nothing in common', () => {
  const keys = [ticketKey(own, 1), ticketKey(own, 2), ticketKey(Buffer.alloc(32, 2), 1)]
  const parts = keys.flatMap(({ name, hmac, aes }) => [name, hmac, aes]).map(part => part.toString('hex'))
  assert.equal(new Set(parts).size, 9)
})

test('keys hold for a period, and others are said to hold when seeds come', () => {
  const tickets = new Tickets(own)
  assert.equal(tickets.turn(70_000, 10_000), true)
  assert.equal(tickets.turn(79_999, 10_000), false)
  assert.equal(tickets.turn(80_000, 10_000), true)
  tickets.share([seed(8)])
  assert.equal(tickets.turn(80_000, 10_000), true)
})

test('a Node that knows one key alone gets the one to seal with', () => {
  const tickets = new Tickets(own)
  tickets.turn(70_000, 10_000)
  let given: Buffer | undefined
  tickets.install({ setTicketKeys: (keys: Buffer) => (given = keys) } as unknown as Server)
  assert.deepEqual(given, ticketKey(own, 7).whole)
})

test('the Node that runs this knows more than one', () => {
  const server = createServer() as Server & { _sharedCreds?: { context: { enableTicketKeyCallback?: unknown } } }
  assert.equal(typeof server._sharedCreds?.context.enableTicketKeyCallback, 'function')
})
