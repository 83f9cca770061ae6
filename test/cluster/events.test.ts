// Events that are added by command on one of several nodes: every node knows them, whoever is lost, and each step is done once. A program
// that writes into a diary counts.

import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PlanView } from '../../src/plan/view.ts'
import { Origin } from '../fixtures/origin.ts'
import { Redis, noRedis } from '../fixtures/redis.ts'
import type { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { startNode, stateOf } from './nodes.ts'
import type { NodeWishes } from './nodes.ts'

const skip = noRedis ?? false
/** Nodes that have it may run what was commanded on another one. */
const SECRET = '0123456789abcdef0123456789abcdef'

/** Writes its argument into the diary. While there is a file `broken` it does not do `fails`; while there is one `slow`, `hangs` comes to no end. */
const writing = (folder: string): string => `#!/bin/sh
cd ${folder}
[ "$1" = fails ] && [ -e broken ] && exit 1
[ "$1" = hangs ] && [ -e slow ] && { echo $$ > slow; exec sleep 600; }
echo "$1" >> diary
`

/** A server, an origin and nodes that are started by name; `diary` says what the program has done. */
async function cluster(names: readonly string[], wishes: Partial<NodeWishes> = {}) {
  await using stack = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-events-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const [diary, program, secret] = ['diary', 'write', 'secret'].map(file => join(folder, file)) as [
    string,
    string,
    string,
  ]
  writeFileSync(secret, SECRET)
  writeFileSync(diary, '')
  writeFileSync(program, writing(folder))
  chmodSync(program, 0o755)
  const redis = stack.use(await Redis.start())
  const origin = stack.use(await Origin.start({ '*': { body: 'page' } }))
  const starting = { servers: [redis.url], origins: [origin.url], cluster: { secret: { file: secret } }, ...wishes }
  let parts = stack
  const start = async (name: string, data = join(folder, name)) =>
    parts.use(await startNode({ name, data, ...starting }))
  const shields = await Promise.all(names.map(name => start(name)))
  parts = stack.move()
  return {
    ...{ redis, start, shields, folder, program },
    steps: [{ mode: 'spike' }, { run: [program, 'do'], undo: { run: [program, 'undo'] } }],
    diary: () => readFileSync(diary, 'utf8').split('\n').filter(Boolean),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

async function command(shield: Shield, path: string, body: object): Promise<Response> {
  const token = readFileSync(`${shield.data}/admin-token`, 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return shield.admit(path, { method: 'POST', headers, body: JSON.stringify(body) })
}

async function commanded(shield: Shield, path: string, body: object): Promise<void> {
  const answer = await command(shield, path, body)
  assert.ok(answer.ok, await answer.text())
}

const planOf = async (shield: Shield) => (await (await shield.admit('/api/events')).json()) as PlanView
const stateIn = async (shield: Shield, name: string) =>
  (await planOf(shield)).events.find(each => each.name === name)?.state
const allSay = (shields: readonly Shield[], name: string, state: string | undefined) => () =>
  Promise.all(shields.map(shield => stateIn(shield, name))).then(states => states.every(each => each === state))
const allIn = (shields: readonly Shield[], mode: string) => () =>
  Promise.all(shields.map(shield => shield.stats())).then(all => all.every(({ sites }) => sites[0]!.mode === mode))
const alone = (shield: Shield) => async () => (await stateOf(shield))?.state === 'alone'
const joined = (shield: Shield) => async () => (await stateOf(shield))?.state === 'joined'

/** The one that leads does what is due first. */
async function leaderFirst(shields: readonly Shield[]): Promise<Shield[]> {
  const states = await Promise.all(shields.map(stateOf))
  const leads = (shield: Shield): boolean => states[shields.indexOf(shield)]!.leader === basename(shield.data)
  return shields.toSorted((a, b) => Number(leads(b)) - Number(leads(a)))
}

/** It has begun a moment ago. */
const sale = (more: object = {}) => {
  const at = new Date(Date.now() - 5000).toISOString().slice(0, 19).replace('T', ' ')
  return { name: 'sale', at, zone: 'UTC', for: '20 min', ...more }
}

test(
  'an event that is added on one node is every node’s, also of one that joins late or after the server has forgotten all, and is undone once when that node is lost',
  { skip, timeout: 240_000 },
  async () => {
    await using nodes = await cluster(['a', 'b', 'c'])
    const { redis, steps, diary } = nodes
    const shields = await leaderFirst(nodes.shields)
    const [a, b] = shields as [Shield, Shield]
    await commanded(a, '/api/events', sale({ steps }))
    await until('all have it', allSay(shields, 'sale', 'on'))
    await until('all are in a spike', allIn(shields, 'spike'))
    for (const shield of shields) await shield.heard('step-done', 2)
    assert.deepEqual(diary(), ['do'])

    const d = await nodes.start('d')
    await until('the late one has it', allSay([d], 'sale', 'on'))
    await d.heard('step-done', 2)

    await redis.beginEmpty()
    for (const shield of [...shields, d]) await until('it is joined again', joined(shield))
    const e = await nodes.start('e')
    await until('the last one has it', allSay([e], 'sale', 'on'))
    await e.heard('step-done', 2)
    assert.deepEqual(diary(), ['do'])

    a.kill('SIGKILL')
    await a.child.ended
    await commanded(b, '/api/events/cancel', { event: 'sale' })
    // Not at once: who did it would go first.
    await until('it is undone', () => diary().length > 1, 30_000)
    const left = [...shields.slice(1), d, e]
    for (const shield of left) await shield.heard('event-over')
    await until('it is gone', allSay(left, 'sale', undefined))
    await until('none is in a spike', allIn(left, 'normal'))
    const again = await nodes.start(basename(a.data), a.data)
    await until('it is gone there too', allSay([again], 'sale', undefined))
    await again.heard('event-over')
    assert.deepEqual(diary(), ['do', 'undo'])
  },
)

test(
  'an event that is added while the server is lost is carried out there, is the others’ when it is back, and none of it is done twice',
  { skip, timeout: 240_000 },
  async () => {
    await using nodes = await cluster(['a', 'b'])
    const { shields, redis, steps, diary } = nodes
    const [a, b] = shields as [Shield, Shield]
    await redis.kill()
    for (const shield of shields) await until('it is alone', alone(shield))
    await commanded(a, '/api/events', sale({ steps }))
    await until('it ran', () => diary().length > 0)
    assert.equal(await stateIn(b, 'sale'), undefined)
    // It is not told yet: the next process tells it.
    a.kill('SIGKILL')
    await a.child.ended
    await redis.beginEmpty()
    const again = await nodes.start('a', a.data)
    await until('the other has it', allSay([again, b], 'sale', 'on'))
    await b.heard('step-done', 2)
    assert.deepEqual(diary(), ['do'])

    // Stopped where it was not added, undone where it was done.
    await commanded(b, '/api/events/stop', { event: 'sale' })
    await until('it is undone', () => diary().length > 1)
    for (const shield of [again, b]) await shield.heard('event-over')
    await commanded(b, '/api/events/start', { event: 'sale' })
    await until('it is on again', allSay([again, b], 'sale', 'on'))
    await until('it ran again', () => diary().length > 2)
    again.kill('SIGKILL')
    await again.child.ended
    await commanded(b, '/api/events/cancel', { event: 'sale' })
    await until('it is undone again', () => diary().length > 3, 30_000)
    await b.heard('event-over', 2)
    await sleep(1000)
    assert.deepEqual(diary(), ['do', 'undo', 'do', 'undo'])
  },
)

test(
  'changes, new names and cancelled entries of the config are every node’s; a program is refused while nothing proves to others that they may run it',
  { skip, timeout: 240_000 },
  async () => {
    const ofConfig = { name: 'draw', at: '2040-01-01 10:00', zone: 'UTC', for: '1h' } as const
    await using nodes = await cluster(['a', 'b'], { more: { events: [ofConfig] }, cluster: {} })
    const { shields, steps } = nodes
    const [a, b] = shields as [Shield, Shield]
    const refused = await command(a, '/api/events', sale({ steps }))
    assert.equal(refused.status, 409)
    assert.match(await refused.text(), /cluster\.secret/)
    const coming = { name: 'sale', at: '2040-02-01 10:00', zone: 'UTC', for: '1h' }
    await commanded(a, '/api/events', coming)
    await until('the other has it', allSay([b], 'sale', 'planned'))
    await commanded(b, '/api/events/edit', { event: 'sale', name: 'big sale', for: '2h' })
    await until('it has its new name', allSay(shields, 'big sale', 'planned'))
    await until('and no other', allSay(shields, 'sale', undefined))
    const { events } = await planOf(a)
    const changed = events.find(({ name }) => name === 'big sale')!
    assert.deepEqual([changed.revision, changed.end!.at - changed.start!.at], [2, 7_200_000])
    await commanded(b, '/api/events/cancel', { event: 'draw' })
    await until('it is cancelled', allSay(shields, 'draw', 'cancelled'))
    await commanded(a, '/api/events/cancel', { event: 'big sale' })
    await until('it is gone', allSay(shields, 'big sale', undefined))
  },
)

test(
  'an undo that failed on a lost node is another one’s; one that was under way there waits for it, or for the word that it is gone for good',
  { skip, timeout: 240_000 },
  async () => {
    await using nodes = await cluster(['a', 'b'])
    const { redis, folder, program, diary } = nodes
    const [a, b] = (await leaderFirst(nodes.shields)) as [Shield, Shield]
    const steps = ['fails', 'hangs'].map(undo => ({ run: [program, 'do'], undo: { run: [program, undo] } }))
    for (const file of ['broken', 'slow']) writeFileSync(join(folder, file), '')
    await commanded(a, '/api/events', sale({ steps }))
    for (const shield of [a, b]) await shield.heard('step-done', 2)
    await commanded(a, '/api/events/stop', { event: 'sale' })
    const hanging = await until('it hangs', () => readFileSync(join(folder, 'slow'), 'utf8') !== '').then(() =>
      Number(readFileSync(join(folder, 'slow'), 'utf8')),
    )
    // Between two tries, when it is known to others that the last one failed.
    const isKnown = (state: string) => async () =>
      String(await redis.ask('HVALS', 'breakwater:{nodes}:steps')).includes(`"${state}"`)
    await until('that is known', isKnown('failed'))
    // The machine dies, with all that runs there.
    a.kill('SIGKILL')
    await a.child.ended
    process.kill(hanging, 'SIGKILL')
    for (const file of ['broken', 'slow']) rmSync(join(folder, file))
    await until('the failed one is undone', () => diary().includes('fails'), 30_000)
    await until('the other is told of', () => b.logs('alert').some(({ name }) => name === 'not-undone'))
    assert.deepEqual(diary(), ['do', 'do', 'fails'])
    await until('that is known too', isKnown('ended'))
    // Nobody is left who knew of it while it was on.
    await b.stop()
    const c = await nodes.start('c')
    await until('this one tells of it', () => c.logs('alert').some(({ name }) => name === 'not-undone'))
    await commanded(c, '/api/cluster/forget', { node: basename(a.data) })
    await until('it is undone', () => diary().length > 3)
    await c.heard('event-over')
    assert.deepEqual(diary(), ['do', 'do', 'fails', 'hangs'])
  },
)
