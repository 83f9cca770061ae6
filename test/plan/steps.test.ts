// The steps that are recipes and checks: which programs they amount to, and what they say of a schedule and of DNS.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import type { RemoteInfo } from 'node:dgram'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { readAlone } from '../../src/config/read.ts'
import { eventContradictions } from '../../src/config/events.ts'
import { surroundingsIn } from '../../src/config/surroundings.ts'
import { event } from '../../src/config/table/event.ts'
import type { StepConfig } from '../../src/config/types.ts'
import { wordsOf } from '../../src/plan/words.ts'
import { cachedFor } from '../../src/watch/dns-check.ts'

/** The step as the program gets it, and all that is wrong with it. */
function read(step: Record<string, unknown>): { step: StepConfig; wrong: string[] } {
  const given = { name: 'Sale', at: '2099-12-05 10:00', zone: 'UTC', for: '2h', steps: [step] }
  const { value, problems } = readAlone(
    event,
    given,
    surroundingsIn('/', () => {}),
  )
  const all = [...problems, ...(value === undefined ? [] : eventContradictions(value, ['main'], []))]
  return { step: value?.steps[0] as StepConfig, wrong: all.map(({ message }) => message) }
}

test('scaling out is a program of the tool, and its undo the same with the number of before', () => {
  const { step, wrong } = read({ scale: { with: 'kubectl', what: 'deploy/web', in: 'shop', to: 20, back: 4 } })
  assert.deepEqual(wrong, [])
  assert.deepEqual(step.run, [
    'sh',
    '-c',
    'kubectl scale deploy/web --replicas=20 --namespace shop && kubectl rollout status deploy/web --timeout=9m --namespace shop',
  ])
  assert.match(step.undo.run!.at(-1)!, /--replicas=4 /)
  assert.equal(wordsOf({ step }), 'scale deploy/web to 20 (kubectl)')
  assert.equal(wordsOf({ step }, 'undo'), 'scale deploy/web to 4 (kubectl)')
  const words = (scale: Record<string, unknown>): string => read({ scale }).step.run!.join(' ')
  assert.equal(
    words({ with: 'aws', what: 'web', in: 'eu-central-1', to: 20, back: 4 }),
    'aws autoscaling set-desired-capacity --auto-scaling-group-name web --desired-capacity 20 --region eu-central-1',
  )
  assert.match(
    words({ with: 'aws-ecs', what: 'web', in: 'shop', to: 20, back: 4 }),
    /--desired-count 20 && aws ecs wait/,
  )
  assert.match(words({ with: 'gcloud', what: 'web', in: 'europe-west1-b', to: 20, back: 4 }), /resize web --size=20 /)
  assert.equal(
    words({ with: 'azure', what: 'web', in: 'shop', to: 20, back: 4 }),
    'az vmss scale --resource-group shop --name web --new-capacity 20',
  )
})

test('what a step cannot mean is said', () => {
  const wrongOf = (step: Record<string, unknown>): string => read(step).wrong.join()
  assert.match(wrongOf({ scale: { what: 'deploy/web', to: 20 } }), /afterwards \(back\)/)
  assert.match(wrongOf({ scale: { what: 'web; rm -rf /', to: 20, back: 4 } }), /web; rm -rf/)
  assert.match(wrongOf({ mode: 'spike', notice: 'busy' }), /a step does one thing/)
  assert.match(wrongOf({ scale: { what: 'a', to: 2, back: 1 }, mode: 'spike' }), /a step does one thing/)
  assert.match(wrongOf({ admit: { room: 'main' } }), /opens, sessions or rate/)
  assert.match(wrongOf({ mode: 'spike', off: 'backups' }), /off goes with run or webhook/)
  assert.match(wrongOf({ join: ['ftp://x'] }), /ftp/)
  assert.match(wrongOf({ notice: 'busy', undo: { run: ['true'] } }), /a notice undoes itself/)
  assert.match(wrongOf({ at: 'end', notice: 'over' }), /does nothing: say hold/)
  assert.deepEqual(read({ at: 'end', notice: 'over', hold: '1h' }).wrong, [])
})

/** A folder in which a program of this name prints this. */
function toolThatPrints(t: TestContext, name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-tool-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'said'), text)
  writeFileSync(join(folder, name), `#!/bin/sh\ncat ${join(folder, 'said')}\n`)
  chmodSync(join(folder, name), 0o755)
  return folder
}

/** As gcloud prints scaling schedules. */
const yaml = (disabled: boolean, n: number): string =>
  `autoscaler:\n  autoscalingPolicy:\n    scalingSchedules:\n      draw:\n${disabled ? '        disabled: true\n' : ''}        durationSec: 7200\n        minRequiredReplicas: ${n}\n`

test("a schedule in the cloud's own tool is checked: enough, in time, and switched on", t => {
  const isThere = (scheduled: Record<string, unknown>, name: string, text: string): boolean => {
    const { step, wrong } = read({ scheduled })
    assert.deepEqual(wrong, [])
    const [program = '', ...args] = step.run!
    const PATH = `${toolThatPrints(t, name, text)}:${process.env['PATH']}`
    const env = { PATH, BREAKWATER_START: '2026-11-25T22:00:00.000Z' }
    return spawnSync(program, args, { env }).status === 0
  }
  const aws = { with: 'aws', what: 'web', in: 'eu-central-1', to: 20 }
  assert.ok(isThere(aws, 'aws', '4\t2026-11-26T04:00:00+00:00\n20\t2026-11-25T21:30:00+00:00\n'))
  assert.ok(!isThere(aws, 'aws', '20\t2026-11-25T22:30:00+00:00\n'), 'too late')
  assert.ok(!isThere(aws, 'aws', '12\t2026-11-25T21:30:00+00:00\n'), 'too few')
  assert.ok(!isThere(aws, 'aws', ''), 'none')
  const gcloud = { with: 'gcloud', what: 'web', in: 'europe-west1-b', to: 20 }
  assert.ok(isThere(gcloud, 'gcloud', yaml(false, 20)))
  assert.ok(!isThere(gcloud, 'gcloud', yaml(true, 20)), 'switched off')
  assert.ok(!isThere(gcloud, 'gcloud', yaml(false, 3)), 'too few')
  assert.ok(isThere({ with: 'azure', what: 'web', to: 20 }, 'az', '20\n'))
  assert.ok(!isThere({ with: 'azure', what: 'web', to: 20 }, 'az', '\n'))
})

/** A DNS server (RFC 1035) that knows one name, with one A record. */
function dnsServer(t: TestContext, name: string, ttl: number): Promise<string> {
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  socket.on('message', (asked: Buffer, from: RemoteInfo) => {
    let end = 12
    const labels: string[] = []
    while (asked[end] !== 0) {
      labels.push(asked.toString('latin1', end + 1, end + 1 + asked[end]!))
      end += asked[end]! + 1
    }
    const question = asked.subarray(12, end + 5)
    const isA = asked.readUInt16BE(end + 1) === 1
    const isKnown = labels.join('.') === name
    const head = Buffer.alloc(12)
    head.writeUInt16BE(asked.readUInt16BE(0), 0)
    head.writeUInt16BE(isKnown ? 0x8580 : 0x8583, 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(isKnown && isA ? 1 : 0, 6)
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 7])
    record.writeUInt32BE(ttl, 6)
    socket.send(Buffer.concat([head, question, ...(isKnown && isA ? [record] : [])]), from.port, from.address)
  })
  return new Promise(resolve => socket.bind(0, '127.0.0.1', () => resolve(`127.0.0.1:${socket.address().port}`)))
}

test('DNS is asked for how long a name may be cached', { timeout: 30_000 }, async t => {
  const server = await dnsServer(t, 'www.example.org', 300)
  assert.equal(await cachedFor('www.example.org', 300_000, server), null)
  assert.equal(
    await cachedFor('www.example.org', 60_000, server),
    'www.example.org may be cached for 300 s, longer than 60 s',
  )
  assert.equal(await cachedFor('nowhere.example.org', 60_000, server), 'nowhere.example.org has no address')
})
