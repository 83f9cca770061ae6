// A disk that is full, gone or not to be written to: the copy goes, serving goes on, and the copy comes back with the disk.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import test from 'node:test'
import { Folder, House } from './house.ts'

const MIB = 2 ** 20

test('a data directory that cannot be used stops the copy only; it begins by itself once it can', async () => {
  using folder = new Folder()
  mkdirSync(dirname(folder.store))
  writeFileSync(folder.store, 'a file where the folder should be')
  const house = await House.open(folder.store)
  assert.equal(house.copy.state.state, 'off')
  assert.match(String(house.copy.state.why), /EEXIST|ENOTDIR/)
  house.store('page', 'body')
  house.invalidate('nothing')
  await house.settled(true)
  assert.equal(house.find('page')?.body, 'body')
  assert.deepEqual(
    house.told.map(({ level, event }) => [level, event]),
    [
      ['error', 'store-copy-stopped'],
      ['error', 'store-copy-not-removed'],
    ],
  )
  rmSync(folder.store)
  await house.until(() => house.copy.state.state === 'copying')
  await house.settled()
  assert.equal(house.told.at(-1)?.event, 'store-copy-resumed')
  await house.kill()
  const next = await House.open(folder.store)
  assert.equal(next.find('page')?.body, 'body')
  await next.kill()
})

test('a data directory removed under the process is made again', async () => {
  using folder = new Folder()
  const house = await House.open(folder.store)
  house.store('page', 'body')
  await house.settled()
  rmSync(dirname(folder.store), { recursive: true })
  // Until the file at hand is full nothing is noticed; it takes a 32nd of the store.
  for (let i = 0; i < 60; i++) {
    house.store(`page ${i}`, Buffer.alloc(2000, i))
    await house.settled()
  }
  await house.until(() => house.copy.state.state === 'copying')
  house.store('last', 'body')
  await house.settled()
  await house.kill()
  const next = await House.open(folder.store)
  assert.equal(next.find('page')?.body, 'body')
  assert.equal(next.find('last')?.body, 'body')
  await next.kill()
})

const mount = (...args: string[]): boolean => spawnSync('mount', args).status === 0
const canMount = (): string | false => {
  using folder = new Folder()
  if (process.platform !== 'linux' || !mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder.path))
    return 'making a small file system (mount -t tmpfs) needs root on Linux'
  spawnSync('umount', [folder.path])
  return false
}

test(
  'a full disk stops the copy, frees what it took, and it is whole again when there is room',
  { skip: canMount() },
  async () => {
    using folder = new Folder()
    assert.ok(mount('-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', folder.path))
    try {
      const house = await House.open(folder.store, { mebibytes: 32 })
      for (let i = 0; i < 250; i++) {
        assert.notEqual(house.store(`page ${i}`, Buffer.alloc(100_000, i)), 0)
        if (i % 20 === 0) await house.settled()
      }
      await house.settled()
      assert.equal(house.copy.state.state, 'off')
      assert.match(String(house.copy.state.why), /ENOSPC|are free where/)
      assert.deepEqual(readdirSync(folder.store), [])
      assert.equal(house.all.size, 250, 'serving does not notice')
      house.invalidate('page 3')
      await house.settled(true)
      assert.ok(mount('-o', 'remount,size=100m', folder.path))
      await house.until(() => house.copy.state.state === 'copying')
      await house.settled()
      await house.until(() => house.copy.state.bytes > 23 * MIB)
      await house.kill()
      const next = await House.open(folder.store, { mebibytes: 32 })
      assert.equal(next.all.size, 249)
      assert.equal(next.find('page 3'), undefined)
      await next.kill()
    } finally {
      spawnSync('umount', ['-l', folder.path])
    }
  },
)
