// The table of origins: config and commands change it while all goes on, and a new core finds the rows of the old one.

import assert from 'node:assert/strict'
import test from 'node:test'
import { Board, FlightWord, GlobalWord, OriginWord } from '../../src/board/board.ts'
import { Ledger } from '../../src/core/ledger.ts'
import { Origins } from '../../src/core/origins.ts'
import type { Log } from '../../src/threads/log.ts'
import { configOf } from './config.ts'

const A = 'http://10.0.0.1:3000'
const B = 'http://10.0.0.2:3000'
const C = 'http://10.0.0.3:3000'

const site = (origins: string[], name = 'shop', origin = {}) => ({
  name,
  hosts: [`${name}.example.org`],
  origins,
  origin: { concurrency: 10, slowStart: '10s', ...origin },
})

function table(origins: string[], board = new Board()) {
  board.global[GlobalWord.slots] = 2
  const said: string[] = []
  const log: Log = (level, event, detail) => said.push([level, event, ...Object.values(detail ?? {})].join(' '))
  const table = new Origins(new Ledger(board), log)
  table.configure(configOf({ sites: [site(origins)] }), 0)
  const limit = (index: number): number => board.origin(index)[OriginWord.limit]!
  return { board, table, limit, said }
}

const well = { origin: 0, ok: true, error: '' }

const states = (table: Origins): string[] => table.table.map(({ index, url, state }) => `${index} ${url} ${state}`)

test('the origins of the config are there from the start, with their full limit', () => {
  const { table: origins, limit } = table([A, B])
  assert.deepEqual(states(origins), [`0 ${A} up`, `1 ${B} up`])
  assert.deepEqual([limit(0), limit(1)], [10, 10])
})

test('an origin added by command starts slowly beside others', () => {
  const { table: origins, limit } = table([A])
  assert.equal(origins.add(null, B, 1000), null)
  assert.equal(origins.add('shop', B, 1000), 'already-there')
  assert.equal(limit(1), 1)
  origins.tick(6000)
  assert.equal(limit(1), 5)
  origins.tick(11_000)
  assert.equal(limit(1), 10)
})

test('a drained origin gets nothing more and stays in the table; adding takes it back', () => {
  const { table: origins, limit } = table([A, B])
  assert.equal(origins.drain('shop', A, 0), null)
  assert.equal(limit(0), 0)
  assert.deepEqual(states(origins), [`0 ${A} draining`, `1 ${B} up`])
  assert.equal(origins.drain('shop', B, 0), 'last-origin')
  origins.configure(configOf({ sites: [site([A, B])] }), 0)
  assert.equal(origins.table[0]!.state, 'draining', 'a reload does not undo the command')
  assert.equal(origins.add('shop', A, 0), null)
  assert.equal(origins.table[0]!.state, 'up')
})

test('a removed origin is forgotten when nothing is in flight there, and finds its row again later', () => {
  const { board, table: origins, limit } = table([A, B])
  board.flight(1, 0)[FlightWord.inFlight] = 1
  assert.equal(origins.remove('shop', A, 0), null)
  assert.equal(origins.remove('shop', A, 0), 'unknown-origin')
  origins.tick(250)
  assert.deepEqual(states(origins), [`0 ${A} draining`, `1 ${B} up`])
  board.flight(1, 0)[FlightWord.inFlight] = 0
  origins.tick(500)
  assert.deepEqual(states(origins), [`1 ${B} up`])
  assert.equal(limit(0), 0)
  origins.add('shop', C, 500)
  origins.add('shop', A, 500)
  assert.deepEqual(states(origins), [`1 ${B} up`, `2 ${C} up`, `0 ${A} up`])
})

test('a reload adds and removes what the config does, and leaves what commands added', () => {
  const { table: origins } = table([A])
  origins.add('shop', C, 0)
  origins.configure(configOf({ sites: [site([B])] }), 0)
  origins.tick(250)
  assert.deepEqual(states(origins), [`1 ${C} up`, `2 ${B} up`])
  origins.configure(configOf({ sites: [site([B], 'other')] }), 500)
  assert.deepEqual(states(origins), [`1 ${C} up`, `2 ${B} up`, `3 ${B} up`], 'edges still ask for the old site')
  origins.everywhere(600)
  origins.tick(750)
  assert.deepEqual(states(origins), [`3 ${B} up`])
})

test('a site that has left the config stays while anything of it is under way, for ten seconds at most', () => {
  const { board, table: origins, limit } = table([A])
  board.flight(0, 0)[FlightWord.inFlight] = 1
  origins.configure(configOf({ sites: [site([B], 'other')] }), 0)
  origins.everywhere(100)
  origins.tick(9_750)
  assert.deepEqual(states(origins), [`0 ${A} up`, `1 ${B} up`])
  assert.equal(limit(0), 10)
  assert.equal(origins.drain('shop', A, 9_800), 'unknown-site')
  origins.tick(10_000)
  assert.deepEqual([states(origins)[0], limit(0)], [`0 ${A} draining`, 0])
  board.flight(0, 0)[FlightWord.inFlight] = 0
  origins.tick(10_250)
  assert.deepEqual(states(origins), [`1 ${B} up`])
})

test('a site that comes back before its time has lost nothing', () => {
  const { table: origins } = table([A])
  origins.configure(configOf({ sites: [site([A], 'other')] }), 0)
  origins.configure(configOf({ sites: [site([A])] }), 100)
  origins.everywhere(200)
  origins.tick(250)
  assert.deepEqual(states(origins), [`0 ${A} up`])
})

test('a renamed site and its old name never get more of the origin than it bears', () => {
  const { board, table: origins, limit } = table([A])
  board.flight(0, 0)[FlightWord.inFlight] = 10
  origins.configure(configOf({ sites: [site([A], 'other')] }), 0)
  assert.deepEqual([limit(0), limit(1)], [5, 0])
  assert.equal(origins.of('other')[0]!.isOpen, true, 'who asks waits for a place')
  board.flight(0, 0)[FlightWord.inFlight] = 3
  origins.tick(250)
  assert.deepEqual([limit(0), limit(1)], [3, 7])
  board.flight(0, 0)[FlightWord.inFlight] = 0
  origins.tick(500)
  assert.deepEqual([limit(0), limit(1)], [1, 9])
  origins.everywhere(600)
  origins.tick(750)
  assert.deepEqual([states(origins), limit(1)], [[`1 ${A} up`], 10])
})

test('a renamed site whose origin is down is not sent the whole crowd', () => {
  const { board, table: origins, limit } = table([A])
  origins.tick(0)
  board.flight(0, 0)[FlightWord.resets] = 3
  origins.tick(250)
  origins.configure(configOf({ sites: [site([A], 'other')] }), 300)
  origins.everywhere(350)
  origins.tick(500)
  assert.deepEqual([states(origins), limit(1)], [[`1 ${A} down`], 1])
})

test('commands say which site they cannot find', () => {
  const { table: origins } = table([A])
  assert.equal(origins.add('nowhere', B, 0), 'unknown-site')
  origins.configure(configOf({ sites: [site([A]), site([B], 'other')] }), 0)
  assert.equal(origins.add(null, B, 0), 'which-site')
  assert.equal(origins.drain('shop', B, 0), 'unknown-origin')
})

test('a new core gives each origin the row it had, and learns from an edge what commands had done', () => {
  const { board, table: old } = table([A, B])
  old.add('shop', C, 0)
  old.drain('shop', A, 0)
  const known = old.table
  const { table: fresh, limit } = table([B, A], board)
  assert.deepEqual(new Set(states(fresh)), new Set([`0 ${A} up`, `1 ${B} up`]))
  fresh.remember(known, 1000)
  assert.deepEqual(new Set(states(fresh)), new Set([`0 ${A} draining`, `1 ${B} up`, `2 ${C} up`]))
  assert.deepEqual([limit(0), limit(1), limit(2)], [0, 10, 10])
})

test('an origin that answers nobody gets nothing while another works, is probed, and comes back slowly', () => {
  const { board, table: origins, limit } = table([A, B])
  origins.tick(0)
  board.flight(0, 0)[FlightWord.resets] = 3
  assert.deepEqual(origins.tick(250), [{ type: 'probe', origin: 0 }])
  assert.deepEqual([limit(0), limit(1)], [0, 10])
  assert.equal(board.origin(0)[OriginWord.ailing], 1)
  origins.probed(well, 500)
  origins.probed(well, 2500)
  origins.tick(2750)
  assert.deepEqual([limit(0), board.origin(0)[OriginWord.ailing]], [1, 0])
  origins.tick(7500)
  assert.equal(limit(0), 5)
})

test('the limit of a single origin in the config goes before that of all', () => {
  const board = new Board()
  const origins = new Origins(new Ledger(board), () => {})
  const both = { ...site([]), origins: [A, { url: B, concurrency: 3 }] }
  origins.configure(configOf({ sites: [both] }), 0)
  assert.deepEqual(
    [0, 1].map(index => board.origin(index)[OriginWord.limit]),
    [10, 3],
  )
})

test('more origins than the board has rows are refused and named', () => {
  const { table: origins } = table([A])
  const many = Array.from({ length: 100 }, (_, i) => `http://10.1.0.${i}:80`)
  const more = Array.from({ length: 100 }, (_, i) => `http://10.2.0.${i}:80`)
  const most = Array.from({ length: 100 }, (_, i) => `http://10.3.0.${i}:80`)
  const config = configOf({ sites: [site(many), site(more, 'b'), site(most, 'c')] })
  assert.equal(origins.configure(config, 0).length, 45)
  assert.equal(origins.table.length, 256)
})

test('operators are told of each origin that comes, goes, fails or recovers, and why', () => {
  const { board, table: origins, said } = table([A, B])
  assert.deepEqual(said, [], 'what the config named at the start is told elsewhere')
  origins.add(null, C, 0)
  origins.drain(null, B, 0)
  origins.remove(null, C, 0)
  origins.tick(0)
  assert.deepEqual(said.splice(0), [
    `info origin-added shop ${C} by command`,
    `info origin-draining shop ${B} by command`,
    `info origin-draining shop ${C} to be removed, by command`,
    `info origin-removed shop ${C}`,
  ])
  board.flight(0, 0)[FlightWord.resets] = 2
  origins.tick(250)
  origins.probed({ origin: 0, ok: false, error: 'status 503' }, 300)
  origins.probed(well, 400)
  origins.probed(well, 500)
  assert.deepEqual(said.splice(0), [
    `error origin-down shop ${A} 3 failures in a row: 2 connections refused, reset or cut short, 1 failed probe (status 503)`,
    `info origin-up shop ${A} it answered 2 in a row, requests or probes`,
  ])
  board.flight(0, 0)[FlightWord.bad] = 10
  origins.tick(750)
  assert.deepEqual(said.splice(0), [
    `warn origin-ailing shop ${A} 10 of 10 requests in the last ten seconds were answered with an error or not at all`,
  ])
  origins.configure(configOf({ sites: [site([C])] }), 1000)
  origins.configure(configOf({ sites: [site([C], 'other')] }), 1000)
  origins.everywhere(1000)
  assert.deepEqual(said, [
    `info origin-draining shop ${A} the config no longer names it`,
    `info origin-draining shop ${B} the config no longer names it`,
    `info origin-added shop ${C} the config names it`,
    `info origin-added other ${C} the config names it`,
    `info origin-draining shop ${C} its site has left the config`,
  ])
})

test('a probe that nobody could send is not waited for: it is due once there is an edge', () => {
  const { table: origins } = table([A])
  origins.configure(
    configOf({ sites: [site([A], 'shop', { health: { path: '/healthz', every: '1s', timeout: '30s' } })] }),
    0,
  )
  assert.deepEqual(origins.tick(250, undefined, false), [])
  assert.deepEqual(origins.tick(500, undefined, true), [{ type: 'probe', origin: 0 }])
  assert.deepEqual(origins.tick(5000, undefined, true), [], 'one at a time')
  origins.probed(well, 6000)
  assert.equal(origins.tick(6250, undefined, true).length, 1)
})
