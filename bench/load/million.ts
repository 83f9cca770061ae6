// A store of a million entries in `breakwater serve`, filled through the front door: each of a million URLs is asked for once,
// fetched from the origin and stored. Its own figures come from the admin address, as anyone's would.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { STORE } from '../cases/case.ts'
import type { Subject } from '../cases/case.ts'
import { warm, LONG } from '../cases/warm.ts'
import { HOST } from '../browser.ts'
import { paths, TAG } from '../pages.ts'
import type { World } from '../world.ts'
import { send } from './wrk.ts'
import type { Load } from './wrk.ts'

export const MILLION = 1_000_000
export const BODY_BYTES = 1024
/** A million entries of 1 KiB with at most another KiB of what is kept beside each, and what a store keeps free. */
export const MILLION_SETUP = { ...STORE, pageBytes: BODY_BYTES, storeBytes: 2304 * 2 ** 20 }
/** The page that all URLs are of; it has the tag. */
const PAGE = paths(1, 'tagged')[0]!
const FROM = 1_000_000
/** A miss that is stored takes some 100 µs of a core; ten times that is a machine without one. */
const LIMIT_MS = 900_000
/** Load between two looks at how far it is. */
const TURN_SECONDS = 10
/** The figures of the store are told once a second. */
const TOLD_MS = 2000
/** As the admin address waits for core at most, and a little. */
const ANSWER_MS = 35_000

/** What `/api/stats` says of the store and its copy on disk. */
export interface Figures {
  readonly store: { readonly records: number; readonly bytesUsed: number; readonly bytesTotal: number }
  readonly copy: { readonly state: string; readonly leftOut: number; readonly restored: number }
}

/** The path of the page with this number, 0 to a million. */
export const pageAt = (number: number): string => `${PAGE}?n=${FROM + 1 + number}`

/** As many requests that store nothing as bring the heaps of its threads to their working size. */
export async function workIn(subject: Subject, world: World): Promise<void> {
  const unstored = paths(1, 'no-store')
  const load: Load = { walk: { kind: 'walk', paths: unstored, head: 'browser' }, connections: 64, threads: 1 }
  await warm(subject, world, load, [], LONG)
}

/** Returns what went wrong; nothing when a million are stored. */
export async function fill(subject: Subject, world: World): Promise<string[]> {
  const begun = performance.now()
  let sent = 0
  let records = 0
  while (records < MILLION) {
    // What found no place for the moment is asked for at the next turn, under another number.
    const load: Load = { walk: { kind: 'distinct', path: PAGE, from: FROM + sent }, connections: 64, threads: 1 }
    const outcome = await send(load, subject.server.port, TURN_SECONDS, world.cores.load, world.folder)
    sent += outcome.requests
    await sleep(TOLD_MS)
    records = (await figures(subject)).store.records
    world.say(`  ${records} stored after ${Math.round((performance.now() - begun) / 1000)} s`)
    // On a busy machine an answer may take longer than wrk waits; what was not stored for that is made up for.
    const errors = Object.entries(outcome.errors).filter(([kind]) => kind !== 'timeout')
    if (errors.length > 0) return errors.map(([kind, number]) => `${number} ${kind} errors`)
    if (performance.now() - begun > LIMIT_MS) return [`only ${records} of ${MILLION} were stored in ${LIMIT_MS} ms`]
  }
  return []
}

/** What the server says of itself. */
export async function figures(subject: Subject): Promise<Figures> {
  return (await askAdmin(subject, 'GET', '/api/stats')) as Figures
}

/** Purges by the tag that all have; milliseconds from asking to the answer. */
export async function purge(subject: Subject, hard: boolean): Promise<number> {
  const begun = performance.now()
  await askAdmin(subject, 'POST', '/api/purge', JSON.stringify({ tags: [TAG], hard }))
  return performance.now() - begun
}

async function askAdmin({ server, setup }: Subject, method: string, path: string, body?: string): Promise<unknown> {
  const token = readFileSync(join(setup.folder, 'data', 'admin-token'), 'utf8').trim()
  const headers = { Host: HOST, Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  const options = { host: '127.0.0.1', port: server.adminPort, path, method, agent: false, headers, timeout: ANSWER_MS }
  const asked = request(options)
  asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_MS} ms for ${path}`)))
  const answered = once(asked, 'response')
  asked.end(body)
  const [response] = (await answered) as [IncomingMessage]
  const told = await text(response)
  if (response.statusCode !== 200) throw new Error(`${method} ${path} was answered ${response.statusCode}: ${told}`)
  return JSON.parse(told)
}
