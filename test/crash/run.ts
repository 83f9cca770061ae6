// One run of the crash test: forms flow, shield and origin are killed at moments that the seed chooses; then everything that
// was acknowledged has to be somewhere, once, and nothing may be there that nobody sent.

import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { below, seeded } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const PROGRAM = path('../../bin/breakwater.mjs')
const ORIGIN = path('./origin.ts')
/** Every run begins with an empty data directory, where the program would keep it. */
const COMPILED = join(tmpdir(), 'breakwater-crash-compiled')
const CLOCK = new URL('./clock.mjs', import.meta.url).href

/**
 * What goes wrong beside the kills: nothing, the journal holds as much as it may, the disk is full (a small tmpfs, where this may mount
 * one; else the journal's bound), the wall clock jumps by up to two days, or the origin does not know a form that it has already: then
 * what was sent without an answer may not be sent again.
 */
export const KINDS = ['kills', 'disk', 'clock', 'full', 'strange'] as const
export type Kind = (typeof KINDS)[number]

export interface Account {
  seed: number
  kind: string
  sent: number
  acknowledged: number
  delivered: number
  rejected: number
  setAside: number
  erased: number
  /** Why the run failed; empty when it passed. */
  faults: string[]
}

interface House {
  folder: string
  port: number
  admin: number
  origin: number
  random: Random
  /** Receipts by what was sent: the number that stands in each form. */
  acknowledged: Map<string, string>
  sent: Set<string>
  /** Receipts that were asked to be erased. */
  erased: Set<string>
  kind: Kind
  isMounted: boolean
  shield: ChildProcess | null
  site: ChildProcess | null
}

export async function crashRun(seed: number, kind: Kind): Promise<Account> {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-crash-'))
  const [port, admin, origin] = await Promise.all([freePort(), freePort(), freePort()])
  const house: House = {
    ...{ folder, port, admin, origin, random: seeded(seed) },
    ...{ acknowledged: new Map(), sent: new Set(), erased: new Set(), shield: null, site: null },
    ...{ kind, isMounted: false },
  }
  try {
    house.isMounted = kind === 'disk' && smallDisk(join(folder, 'data'))
    writeFileSync(join(folder, 'clock'), '0')
    writeFileSync(join(folder, 'breakwater.json'), JSON.stringify(configOf(house)))
    await startSite(house)
    await startShield(house)
    if (!isWarm) await warm(house)
    for (let round = 0; round < 3; round++) await storm(house, round)
    await settled(house)
    return await account(house, seed)
  } finally {
    for (const child of [house.shield, house.site]) await kill(child)
    if (house.isMounted) spawnSync('umount', ['-l', join(folder, 'data')])
    rmSync(folder, { recursive: true, force: true })
  }
}

let isWarm = false

/** What was compiled is kept only by a process that ends by itself, and none does here but this one: the next start in half the time. */
async function warm(house: House): Promise<void> {
  isWarm = true
  const gone = new Promise(resolve => house.shield!.once('exit', resolve))
  house.shield!.kill('SIGTERM')
  await gone
  await startShield(house)
}

/** False where it may not be made here. */
function smallDisk(path: string): boolean {
  mkdirSync(path)
  return (
    process.platform === 'linux' && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', path]).status === 0
  )
}

const isBounded = ({ kind, isMounted }: House): boolean => kind === 'full' || (kind === 'disk' && !isMounted)

const configOf = (house: House): object => ({ ...common(house), ...boundsOf(house) })

const boundsOf = (house: House): object =>
  isBounded(house)
    ? { journal: { forms: 60, size: '1 MiB', spare: '0 B' } }
    : house.isMounted
      ? { journal: { spare: '0 B' } }
      : {}

const common = ({ port, admin, origin, folder, kind }: House): object => ({
  listen: `127.0.0.1:${port}`,
  admin: `127.0.0.1:${admin}`,
  edges: 1,
  data: join(folder, 'data'),
  cache: { memory: '16 MiB' },
  sites: [
    {
      name: 'main',
      origins: `http://127.0.0.1:${origin}`,
      origin: { health: { every: '1s' } },
      rules: [
        {
          name: 'sign',
          match: { method: 'POST', path: '/sign' },
          collect: { when: 'always', duplicates: kind !== 'strange', tries: 1000 },
        },
      ],
    },
  ],
})

/** Times 10 ms: until the first form of all is taken, and the first of a later storm. */
const [FIRST_WITHIN, NEXT_WITHIN] = [3000, 200]

/** Forms flow from eight senders while one of both is killed at some moment, and started again. */
async function storm(house: House, round: number): Promise<void> {
  const over = new AbortController()
  const before = house.acknowledged.size
  const senders = Array.from({ length: 8 }, (_, i) => send(house, `${round}.${i}`, over.signal))
  // On a slow machine the first takes its time; a journal that is full takes none.
  const most = before === 0 ? FIRST_WITHIN : NEXT_WITHIN
  for (let i = 0; i < most && house.acknowledged.size === before; i++) await sleep(10)
  await sleep(below(house.random, 400))
  const which = below(house.random, 3)
  trouble(house, true)
  await eraseOne(house)
  if (which !== 1) await kill(house.shield)
  if (which !== 0) await kill(house.site)
  await sleep(below(house.random, 100))
  if (which !== 0) await startSite(house)
  if (which !== 1) await startShield(house)
  await sleep(below(house.random, 300))
  trouble(house, false)
  over.abort()
  await Promise.all(senders)
}

/** The disk is filled to its last byte, or the clock jumps; afterwards there is room again, while the clock stays where it is. */
function trouble(house: House, isBegun: boolean): void {
  const ballast = join(house.folder, 'data', 'ballast')
  if (house.isMounted && isBegun) spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k'])
  if (house.isMounted && !isBegun) rmSync(ballast, { force: true })
  if (house.kind === 'clock' && isBegun)
    writeFileSync(join(house.folder, 'clock'), String((below(house.random, 5) - 2) * 86_400_000))
}

/** A person asks for a form to be erased; where the shield dies meanwhile nobody knows whether it was. */
async function eraseOne(house: House): Promise<void> {
  const receipt = [...house.acknowledged.values()].at(-1)
  if (receipt === undefined) return
  house.erased.add(receipt)
  await ask(house, { do: 'erase', receipts: [receipt] }).catch(() => undefined)
}

async function send(house: House, name: string, over: AbortSignal): Promise<void> {
  for (let i = 0; !over.aborted && i < 200; i++) {
    const number = `${name}.${i}`
    house.sent.add(number)
    const body = `number=${number}&${'x'.repeat(200)}${i % 10 === 9 ? '&refuse=1' : ''}`
    try {
      const answer = await fetch(`http://127.0.0.1:${house.port}/sign`, {
        method: 'POST',
        redirect: 'manual',
        body,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      })
      if (answer.status === 303) house.acknowledged.set(number, answer.headers.get('breakwater-receipt')!)
      await answer.arrayBuffer()
      if (answer.status === 503) await sleep(20)
    } catch {
      await sleep(50)
    }
  }
}

/** Waits until nothing is open any more. */
async function settled(house: House): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    const stats = await fetch(`http://127.0.0.1:${house.admin}/api/stats`).then(
      async answer => (await answer.json()) as { journal: { waiting: number; open: boolean } | null },
      () => ({ journal: null }),
    )
    if (stats.journal?.open === true && stats.journal.waiting === 0) return
    await sleep(100)
    // Pauses after failures double; nobody has to wait for them here.
    if (i % 3 === 2) await ask(house, { do: 'replay' }).catch(() => undefined)
  }
}

interface Kept {
  number: number
  receipt: string
  state: string
  body: string
}

async function account(house: House, seed: number): Promise<Account> {
  const kept: Kept[] = []
  for (let after = 0; ; after = kept.at(-1)!.number) {
    const { forms } = (await ask(house, { do: 'export', after })) as { forms: Kept[] }
    if (forms.length === 0) break
    kept.push(...forms)
  }
  const erased = new Set<string>()
  for (let after = 0; ;) {
    const { forms } = (await ask(house, { do: 'list', after, state: 'erased' })) as { forms: Kept[] }
    if (forms.length === 0) break
    for (const { receipt } of forms) erased.add(receipt)
    after = forms.at(-1)!.number
  }
  const { faults: damage } = (await ask(house, { do: 'verify' })) as { faults: string[] }
  const faults = damage.map(each => `journal: ${each}`)
  const byReceipt = new Map(kept.map(form => [form.receipt, form]))
  for (const [number, receipt] of house.acknowledged) {
    const form = byReceipt.get(receipt)
    if (form === undefined && erased.has(receipt)) {
      if (!house.erased.has(receipt)) faults.push(`erased unasked: ${number}`)
    } else if (form === undefined) faults.push(`lost: ${number}`)
    else if (numberIn(form.body) !== number) faults.push(`mixed up: ${number}`)
    else if (!['delivered', 'rejected', 'set-aside'].includes(form.state))
      faults.push(`not ended: ${number} ${form.state}`)
  }
  const file = join(house.folder, 'site')
  const site = (existsSync(file) ? readFileSync(file, 'utf8') : '').split('\n').filter(line => line.includes('number='))
  const there = new Map<string, number>()
  for (const line of site) there.set(numberIn(line), (there.get(numberIn(line)) ?? 0) + 1)
  for (const [number, times] of there) {
    if (!house.sent.has(number)) faults.push(`invented: ${number}`)
    if (times > 1) faults.push(`delivered ${times} times: ${number}`)
  }
  const of = (state: string): Kept[] => kept.filter(form => form.state === state)
  for (const { body } of of('delivered'))
    if (!there.has(numberIn(body))) faults.push(`not at the site: ${numberIn(body)}`)
  return {
    seed,
    kind: house.isMounted ? 'disk filled' : house.kind,
    sent: house.sent.size,
    acknowledged: house.acknowledged.size,
    ...{
      delivered: of('delivered').length,
      rejected: of('rejected').length,
      setAside: of('set-aside').length,
      erased: erased.size,
    },
    faults,
  }
}

const numberIn = (text: string): string => /number=([\d.]+)/.exec(text)?.[1] ?? ''

/** What a connection to the process before says is no answer: it is asked once more. */
const ask = (house: House, wish: object): Promise<unknown> => asked(house, wish).catch(() => asked(house, wish))

async function asked(house: House, wish: object): Promise<unknown> {
  const token = readFileSync(join(house.folder, 'data', 'admin-token'), 'utf8').trim()
  const answer = await fetch(`http://127.0.0.1:${house.admin}/api/journal`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify(wish),
  })
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}

async function startSite(house: House): Promise<void> {
  const words = house.kind === 'strange' ? ['forgets'] : []
  house.site = await started([ORIGIN, String(house.origin), join(house.folder, 'site'), ...words], 'ready')
}

/** As a service manager does it: one whose threads were not ready in time, on a machine that is very busy, is started once more. */
const startShield = (house: House): Promise<void> => startOnce(house).catch(() => startOnce(house))

async function startOnce(house: House): Promise<void> {
  const env = { BREAKWATER_TEST_CLOCK: join(house.folder, 'clock'), NODE_OPTIONS: `--import=${CLOCK}` }
  const around = house.kind === 'clock' ? env : {}
  house.shield = await started(
    [PROGRAM, 'serve', '--config', join(house.folder, 'breakwater.json')],
    '"serving"',
    around,
  )
}

/** Resolves once it has said `word`. */
function started(args: string[], word: string, env: Record<string, string> = {}): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILED, ...env },
  })
  let said = ''
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        if (said.includes(word)) return
        said += text
        if (said.includes(word)) resolve(child)
      })
    child.once('exit', () => reject(new Error(`it ended: ${said}`)))
  })
}

async function kill(child: ChildProcess | null): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
