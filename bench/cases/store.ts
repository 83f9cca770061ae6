// The store's bound under churn: ten times as many bytes as it may hold go through it, every URL another one, with two
// edges. Memory nobody frees in time would show here.

import { setTimeout as sleep } from 'node:timers/promises'
import { get } from '../http.ts'
import { send } from '../load/wrk.ts'
import type { Load } from '../load/wrk.ts'
import { paths } from '../pages.ts'
import { residentBytes } from '../proc.ts'
import type { World } from '../world.ts'
import { STORE } from './case.ts'
import type { Case, Reading, Subject, Variant } from './case.ts'

const MIB = 2 ** 20
const PAGE_BYTES = 8192
const PAGES = paths(8)
const CHURN = 10
/** The whole churn may take this long. */
const LIMIT_MS = 120_000
const SETTLE_MS = 2000

export const store: Case = {
  name: 'store',
  title:
    'Memory that Breakwater has grown by after ten times its store’s bound went through it in pages of 8 KiB, each URL asked for once, two edges; divided by the bound.',
  servers: ['breakwater'],
  metrics: [
    { key: 'ofBound', label: 'growth / bound', digits: 2, compared: false },
    { key: 'before', label: 'MiB before', digits: 1, compared: false },
    { key: 'after', label: 'MiB after', digits: 1, compared: false },
  ],
  rounds: 1,
  variants: ({ storeMib }) => [churnOf(storeMib)],
}

function churnOf(bound: number): Variant {
  return {
    name: `bound ${bound} MiB`,
    setup: { ...STORE, storeBytes: bound * MIB, workers: 2 },
    fresh: true,
    load: () => `wrk -t1 -c64 -s distinct.lua http://127.0.0.1:PORT/, until ${CHURN * bound} MiB went through`,
    measure: (subject, world) => measure(subject, world, bound),
  }
}

/**
 * The fixed cost is what it has before the churn: started, and the heaps of its threads at their working size, after as
 * many requests as would fill the store twice, of which nothing is stored.
 */
async function measure(subject: Subject, world: World, bound: number): Promise<Reading> {
  const fill = (bound * MIB) / PAGE_BYTES
  const problems = await churn(subject, world, 2 * fill, paths(8, 'no-store')[0]!)
  const before = residentBytes(subject.server.pid) / MIB
  problems.push(...(await churn(subject, world, CHURN * fill, PAGES[0]!)))
  await sleep(SETTLE_MS)
  const after = residentBytes(subject.server.pid) / MIB
  if (!(await keeps(subject))) problems.push('a page asked for twice in a row was not kept')
  return { values: { ofBound: (after - before) / bound, before, after }, problems }
}

async function churn({ server }: Subject, world: World, count: number, path: string): Promise<string[]> {
  const begun = performance.now()
  const fetched = await world.origin.requests()
  const problems: string[] = []
  let sent = 0
  while (sent < count && problems.length === 0) {
    const load: Load = { walk: { kind: 'distinct', path, from: sent }, connections: 64, threads: 1 }
    const outcome = await send(load, server.port, world.seconds, world.cores.load, world.folder)
    // What was under way when wrk stopped has used numbers too.
    sent += outcome.requests + load.connections
    problems.push(...Object.entries(outcome.errors).map(([kind, number]) => `${number} ${kind} errors`))
    if (performance.now() - begun > LIMIT_MS) problems.push(`only ${sent} of ${count} requests in ${LIMIT_MS} ms`)
  }
  const stored = (await world.origin.requests()) - fetched
  if (stored < count * 0.95) problems.push(`the origin saw only ${stored} of ${sent} requests`)
  return problems
}

/** Whether the store still stores after all that. */
async function keeps({ peer, server }: Subject): Promise<boolean> {
  const path = `${PAGES[1]!}?kept`
  await get(server.port, path)
  return peer.isHit((await get(server.port, path)).headers) === true
}
