// What a disk keeps that fails, or loses its power: whatever was acknowledged is there, and whoever was told that their form
// was not kept finds none of it there later.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { freshSeed, seeded } from '../../src/base/random.ts'
import { FormStore } from '../../src/forms/store.ts'
import { Disk } from './fixtures/disk.ts'
import { form } from './fixtures/form.ts'
import { cannotTrace, taken, traced } from './fixtures/traced.ts'

const skip = cannotTrace()
const RECEIPT = /^[\w.][\w-]{21}$/

/** The numbers that stand in the forms of a journal, and what is wrong with it. */
function numbersIn(directory: string): { numbers: string[]; faults: string[]; receipts: Map<string, string> } {
  const store = new FormStore(directory, () => ({ forms: 1e6, size: 1e9, spare: 0 }))
  store.open()
  const rows = store.page(0, null, 1000)
  const receipts = new Map(rows.map(({ number }) => [store.receiptOf(number), store.form(number)!.body.slice(7)]))
  const faults = store.verify()
  store.close()
  return { numbers: [...receipts.values()], faults, receipts }
}

test('each form is synced before its sender is told, and nothing that was not synced is needed', { skip }, async t => {
  const seed = freshSeed()
  t.diagnostic(`seed ${seed}`)
  const chance = seeded(seed)
  const { folder, answers, calls } = await traced(12)
  const disk = new Disk(join(folder, 'data', 'forms'))
  let isSynced = false
  let told = 0
  for (const call of calls) {
    disk.apply(call)
    const path = 'fd' in call ? (disk.pathOf(call.fd) ?? '') : ''
    if (path.endsWith('.sqlite-wal')) isSynced = call.call === 'sync'
    if (call.call !== 'write' || call.fd !== 1) continue
    assert.ok(isSynced, `form ${told} was acknowledged before its fsync`)
    told++
    for (const luck of [null, chance, chance]) {
      const left = mkdtempSync(join(folder, 'left-'))
      mkdirSync(join(left, 'bodies'))
      disk.leave(left, luck)
      const { receipts, faults } = numbersIn(left)
      assert.deepEqual(faults, [])
      for (const [i, receipt] of answers.slice(0, told).entries())
        assert.equal(receipts.get(receipt), String(i), `form ${i} is lost after ${told} were acknowledged`)
    }
  }
  assert.equal(told, 12)
  rmSync(folder, { recursive: true, force: true })
})

/**
 * Ways for a disk to fail while the second and the third form are taken: a sync or a write, once or ever after, and a sync after
 * which nothing more can be written. A run without a failure tells at which call.
 */
async function failures(): Promise<string[][]> {
  const { folder, calls } = await traced(3)
  rmSync(folder, { recursive: true, force: true })
  const ways: string[][] = []
  let [told, syncs, writes] = [0, 0, 0]
  for (const call of calls) {
    const ever = told === 0 ? [] : ['', '+']
    if (call.call === 'write' && call.fd === 1) told++
    else if (call.call === 'write' && call.at !== null) {
      writes++
      ways.push(...ever.map(plus => [`pwrite64:error=ENOSPC:when=${writes}${plus}`]))
    } else if (call.call === 'sync') {
      syncs++
      ways.push(...ever.map(plus => [`fsync:error=EIO:when=${syncs}${plus}`]))
      if (told > 0) ways.push([`fsync:error=EIO:when=${syncs}+`, `pwrite64:error=EIO:when=${writes + 1}+`])
    }
  }
  return ways
}

test(
  'who was told that a form was not kept finds none of it after a crash, whatever call failed',
  { skip },
  async () => {
    let unkept = 0
    const run = async (failure: string[]): Promise<void> => {
      const injected = failure.flatMap(each => ['-e', `inject=${each}`])
      const { folder, answers } = await taken(5, '-o', '/dev/null', ...injected)
      const { numbers, faults } = numbersIn(join(folder, 'data', 'forms'))
      assert.deepEqual(faults, [], failure.join())
      answers.forEach((answer, i) => {
        const times = numbers.filter(number => number === String(i)).length
        if (RECEIPT.test(answer)) assert.equal(times, 1, `${failure.join()}: form ${i} is lost`)
        else if (answer === 'journal-unsure') assert.ok(times <= 1, `${failure.join()}: form ${i} is there twice`)
        else assert.equal(times, 0, `${failure.join()}: form ${i} is there, and its sender was told ${answer}`)
      })
      unkept += answers.filter(answer => answer === 'journal-off').length
      rmSync(folder, { recursive: true, force: true })
    }
    const left = await failures()
    const work = async (): Promise<void> => {
      for (let failure = left.shift(); failure !== undefined; failure = left.shift()) await run(failure)
    }
    await Promise.all([work(), work()])
    assert.ok(unkept > 0, 'no call that mattered was let fail')
  },
)

const mount = (...args: string[]): boolean => process.platform === 'linux' && spawnSync('mount', args).status === 0

function cannotMount(): string | false {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-disk-'))
  const isMounted = mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder)
  if (isMounted) spawnSync('umount', [folder])
  rmSync(folder, { recursive: true, force: true })
  return isMounted ? false : 'making a small file system (mount -t tmpfs) needs root on Linux'
}

test(
  'on a disk that is full no form is taken by half, and they are taken again when there is room',
  { skip: cannotMount() },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'breakwater-disk-'))
    assert.ok(mount('-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder))
    try {
      const store = new FormStore(join(folder, 'forms'), () => ({ forms: 1e6, size: 1e9, spare: 0 }))
      store.open()
      const kept: string[] = []
      const take = (name: string): boolean => {
        try {
          store.open()
          store.take([form({ body: `number=${name}a${'x'.repeat(20_000)}` }), form({ body: `number=${name}b` })], 1)
          kept.push(`${name}a`, `${name}b`)
          return true
        } catch {
          return false
        }
      }
      const took = new Set(Array.from({ length: 200 }, (_, i) => take(`${i}.`)))
      assert.ok(took.has(true) && took.has(false))
      assert.ok(mount('-o', 'remount,size=20m', folder))
      assert.ok(take('after.'))
      store.close()
      const { numbers, faults } = numbersIn(join(folder, 'forms'))
      assert.deepEqual(faults, [])
      assert.deepEqual(
        numbers.map(body => body.replace(/x+$/, '')),
        kept,
      )
    } finally {
      spawnSync('umount', ['-l', folder])
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
