// Planned events as their users meet them: added from the command line, carried out by the running program, undone at their end,
// by a stop, and after a config that does not load.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { Child } from '../cli/fixtures/child.ts'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import type { PlanView } from '../../src/plan/view.ts'

async function event(shield: Shield, ...args: string[]) {
  const child = Child.breakwater(['event', ...args, '--data', shield.data], shield.folder)
  return { code: await child.ended, stdout: child.stdout, stderr: child.stderr }
}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-events-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const planOf = async (shield: Shield): Promise<PlanView> =>
  (await (await shield.admit('/api/events')).json()) as PlanView

const modeOf = async (shield: Shield): Promise<string> =>
  (await (await fetch(`${shield.url}/.breakwater/mode`)).text()).trim()

/** A step that adds a line to the file, with the line that undoes it. */
const noted = (file: string) => ({
  run: ['sh', '-c', `echo do >> ${file}`],
  undo: { run: ['sh', '-c', `echo undo >> ${file}`] },
})

test(
  'an event puts the site into a spike, warms its paths, runs its steps, and undoes them when it is stopped',
  { timeout: 240_000 },
  async t => {
    const file = join(folderFor(t), 'notes')
    const webhooks: { path: string; key: string; body: Record<string, unknown> }[] = []
    const hooks = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
        webhooks.push({ path: request.url!, key: String(request.headers['idempotency-key']), body })
        response.end()
      })
    }).listen(0, '127.0.0.1')
    t.after(() => hooks.close())
    await new Promise(resolve => hooks.on('listening', resolve))
    const address = hooks.address() as { port: number }
    const url = `http://127.0.0.1:${address.port}`
    await using origin = await Origin.start({
      '/tickets': () => ({ body: 'tickets', fields: { 'cache-control': 'max-age=600' } }),
    })
    await using shield = await Shield.start({ origins: [origin.url] })
    const steps = [
      { mode: 'spike', before: '10 min' },
      { warm: ['/tickets'], before: '5 min' },
      noted(file),
      { webhook: `${url}/pause`, undo: { webhook: `${url}/resume` } },
    ]
    const added = await event(
      shield,
      ...['add', 'Draw', '--at', '2099-11-25 22:00', '--tz', 'America/Chicago', '--for', '3h', '--repeat', 'weekly'],
      ...steps.flatMap(step => ['--step', JSON.stringify(step)]),
    )
    assert.equal(added.code, 0, added.stderr)
    assert.match(
      added.stdout,
      /Wed 2099-11-25 22:00 \(UTC-06:00\) to Thu 2099-11-26 01:00 \(UTC-06:00\) {2}America\/Chicago/,
    )
    assert.match(added.stdout, /Thu 2099-11-26 04:00 \(UTC\)/)
    assert.equal(await modeOf(shield), 'normal')
    assert.equal((await event(shield, 'start', 'Draw')).code, 0)
    await until('the spike', async () => (await modeOf(shield)) === 'spike')
    await until('every step', async () =>
      (await planOf(shield)).events[0]!.steps.every(({ state }) => state === 'done'),
    )
    assert.equal(origin.of('/tickets').length, 1)
    const again = await event(shield, 'start', 'Draw')
    assert.match(again.stderr, /Draw is on already/)
    assert.equal((await event(shield, 'stop', 'Draw')).code, 0)
    await until('the end', async () => (await planOf(shield)).past.length === 1)
    assert.equal(await modeOf(shield), 'normal')
    assert.equal(readFileSync(file, 'utf8'), 'do\nundo\n')
    assert.deepEqual(
      webhooks.map(({ path, body }) => [path, body['act']]),
      [
        ['/pause', 'do'],
        ['/resume', 'undo'],
      ],
    )
    assert.equal(new Set(webhooks.map(({ key }) => key)).size, 2)
    assert.match((await event(shield, 'stop', 'Draw')).stderr, /Draw is not on now/)
  },
)

test(
  'kill -9 in the middle of an event, and a config that does not load: what is due is undone all the same',
  { timeout: 240_000 },
  async t => {
    const file = join(folderFor(t), 'notes')
    const data = folderFor(t)
    await using origin = await Origin.start({})
    const shield = await Shield.start({ origins: [origin.url], data })
    await event(
      shield,
      'add',
      'Sale',
      '--at',
      '2099-01-01 10:00',
      '--tz',
      'UTC',
      '--for',
      '1 min',
      '--step',
      JSON.stringify(noted(file)),
    )
    await event(shield, 'start', 'Sale')
    await until('the step', () => existsSync(file))
    await until('it is known to be done', async () => (await planOf(shield)).events[0]!.steps[0]!.state === 'done')
    shield.kill('SIGKILL')
    await shield.child.ended
    const broken = join(shield.folder, 'breakwater.json')
    writeFileSync(broken, '{"sites": 7}')
    const early = Child.breakwater(['serve', '--config', broken, '--data', data], shield.folder)
    assert.notEqual(await early.ended, 0)
    assert.match(early.stderr, /To be undone at .*Sale: sh -c/)
    assert.equal(readFileSync(file, 'utf8'), 'do\n')
    const undone = Child.breakwater(['event', 'undo', '--now', '--data', data], shield.folder)
    assert.equal(await undone.ended, 0, undone.stderr)
    assert.match(undone.stdout, /Undone: Sale: sh -c/)
    assert.equal(readFileSync(file, 'utf8'), 'do\nundo\n')
    const nothing = Child.breakwater(['event', 'undo', '--now', '--data', data], shield.folder)
    assert.equal(await nothing.ended, 0)
    assert.match(nothing.stdout, /nothing to undo/)
    rmSync(shield.folder, { recursive: true, force: true })
  },
)

test(
  'what cannot be is refused with both readings, the way out, and the right words',
  { timeout: 240_000 },
  async () => {
    await using origin = await Origin.start({})
    await using shield = await Shield.start({ origins: [origin.url] })
    const refused = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await event(shield, 'add', 'X', ...args)
      assert.equal(code, 2, stderr)
      return stderr
    }
    const spring = await refused('--at', '2099-03-08 02:30', '--tz', 'America/Chicago', '--for', '1h')
    assert.match(spring, /does not exist in America\/Chicago.*01:30 \(UTC-06:00\) or .*03:30 \(UTC-05:00\)/)
    const autumn = await refused('--at', '2099-11-01 01:30', '--tz', 'America/Chicago', '--for', '1h')
    assert.match(autumn, /comes twice in America\/Chicago.*01:30 \(UTC-05:00\) or .*01:30 \(UTC-06:00\)/)
    assert.match(await refused('--at', '2020-01-01 10:00', '--tz', 'UTC', '--for', '1h'), /over already/)
    assert.match(
      await refused('--at', '2099-01-01 10:00', '--tz', 'UTC', '--until', '2099-01-01 09:00'),
      /the end .* is not after the start/,
    )
    assert.match(
      await refused('--at', '2099-01-01 10:00', '--tz', 'chicago', '--for', '1h'),
      /no time zone "chicago": America\/Chicago may be meant/,
    )
    assert.match(
      await refused('--at', '2099-02-30 10:00', '--tz', 'UTC', '--for', '1h'),
      /no date and time of the calendar/,
    )
    assert.match(
      await refused('--at', '2099-01-01 10:00', '--tz', 'UTC', '--for', '1h', '--expect', 'many'),
      /"many" is not understood/,
    )
    assert.match(
      await refused(
        '--at',
        '2099-01-01 10:00',
        '--tz',
        'UTC',
        '--for',
        '1h',
        '--step',
        '{"warm": ["/"], "mode": "spike"}',
      ),
      /a step does one thing/,
    )
    assert.equal((await planOf(shield)).events.length, 0)
  },
)

test(
  'events of the config and by hand overlap and say so, are edited by revision, and are in the calendar',
  { timeout: 240_000 },
  async () => {
    await using origin = await Origin.start({})
    const events = [{ name: 'Launch', at: '2099-06-01 10:00', zone: 'Europe/Berlin', for: '2h' as const }]
    await using shield = await Shield.start({ config: { sites: [{ origins: [origin.url] }], events } })
    const soon = new Date(Date.now() + 86_400_000).toISOString().slice(0, 16).replace('T', ' ')
    const late = new Date(Date.now() + 90_000_000).toISOString().slice(0, 16).replace('T', ' ')
    await event(shield, 'add', 'A', '--at', soon, '--tz', 'UTC', '--for', '3h')
    const b = await event(
      shield,
      'add',
      'B',
      '--at',
      late,
      '--tz',
      'UTC',
      '--for',
      '3h',
      '--step',
      '{"mode": "frozen"}',
    )
    assert.match(b.stdout, /It overlaps with A: .* the stronger mode \(frozen\) holds/)
    assert.match((await event(shield, 'edit', 'Launch', '--for', '1h')).stderr, /stands in the config file/)
    assert.equal((await event(shield, 'edit', 'A', '--for', '30 min')).code, 0)
    const token = readFileSync(join(shield.data, 'admin-token'), 'utf8').trim()
    const stale = await shield.admit('/api/events/edit', {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ event: 'A', revision: 1, for: '5h' }),
    })
    assert.equal(stale.status, 409)
    const calendar = await (await shield.admit('/api/events.ics')).text()
    assert.match(calendar, /BEGIN:VEVENT\r\n(.*\r\n)*SUMMARY:A\r\n/)
    assert.equal((await event(shield, 'cancel', 'B')).code, 0)
    const { stdout } = await event(shield, 'list')
    assert.match(stdout, /^A {2}planned/m)
    assert.match(stdout, /^Launch {2}planned {2}from the config|^Launch {2}over/m)
    assert.doesNotMatch(stdout, /^B /m)
  },
)
