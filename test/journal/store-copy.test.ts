// The store's copy on disk, over restarts: what comes back, and what must not.

import assert from 'node:assert/strict'
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import test from 'node:test'
import * as fc from 'fast-check'
import { below, seeded } from '../../src/base/random.ts'
import { diskBounds } from '../../src/journal/bounds.ts'
import { variantSuffix } from '../../src/store/keys.ts'
import { Flag } from '../../src/store/layout.ts'
import { Folder, House } from './house.ts'
import type { Wishes } from './house.ts'

/** Fills a house, ends it, and opens the next one in the same folder. */
async function restart(folder: Folder, fill: (house: House) => unknown, wishes: Wishes = {}): Promise<House> {
  const first = await House.open(folder.store, wishes)
  await fill(first)
  await first.settled()
  await first.kill()
  return House.open(folder.store, wishes)
}

const mode = (path: string): number => statSync(path).mode & 0o777

test('every stored response comes back as it was', async () => {
  using folder = new Folder()
  let before: House['all'] | undefined
  const house = await restart(folder, first => {
    for (let i = 0; i < 200; i++)
      first.store(`site http://h/${i}`, `body ${i}`.repeat(i), { flags: i % 64, status: 200 + i })
    before = first.all
  })
  assert.equal(before?.size, 200)
  assert.deepEqual(house.all, before)
  assert.equal(house.copy.state.restored, 200)
  await house.kill()
})

test('files and folders are for their owner only', async () => {
  using folder = new Folder()
  const house = await restart(folder, first => first.store('k', 'private'))
  assert.deepEqual([mode(dirname(folder.store)), mode(folder.store), ...folder.files.map(mode)], [0o700, 0o700, 0o600])
  await house.kill()
})

test('the last response under a key wins, and what was taken out stays out', async () => {
  using folder = new Folder()
  const house = await restart(folder, first => {
    first.store('changed', 'old')
    first.store('changed', 'new')
    first.store('gone', 'secret')
    first.invalidate('gone')
    first.store('again', 'old')
    first.invalidate('again')
    first.store('again', 'new')
  })
  assert.equal(house.find('changed')?.body, 'new')
  assert.equal(house.find('gone'), undefined)
  assert.equal(house.find('again')?.body, 'new')
  await house.kill()
})

test('what was taken out stays out over many restarts, and so does what was evicted before', async () => {
  using folder = new Folder()
  const first = await House.open(folder.store)
  first.store('gone', 'secret')
  await first.settled()
  // Gone from memory, but on disk.
  first.shelf.invalidate(Buffer.from('gone'))
  first.invalidate('gone')
  await first.settled()
  await first.kill()
  for (let i = 0; i < 3; i++) {
    const house = await House.open(folder.store)
    assert.equal(house.find('gone'), undefined)
    house.store(`other ${i}`, 'x')
    await house.settled()
    await house.kill()
  }
})

test('a purge takes out what was stored before it, and nothing after', async () => {
  using folder = new Folder()
  const house = await restart(folder, async first => {
    for (let i = 0; i < 20; i++) first.store(`${i % 2 ? 'shop' : 'blog'} ${i}`, 'old')
    first.shelf.purge([Buffer.from('shop ')], false)
    first.store('shop 1', 'new')
    while (first.shelf.isPurging) first.shelf.turn(false)
    await first.settled(true)
  })
  assert.equal(house.find('shop 1')?.body, 'new')
  assert.equal(house.all.size, 11)
  await house.kill()
})

test('what was purged softly is so after a restart, and what was stored since is not', async () => {
  using folder = new Folder()
  const house = await restart(folder, async first => {
    for (const key of ['shop a', 'shop b', 'blog c', 'blog d']) first.store(key, 'old')
    first.purge('shop ', true)
    first.soften('blog c')
    first.store('shop b', 'new')
    await first.settled(true)
  })
  const isPurged = (key: string): boolean => (house.find(key)!.flags & Flag.purged) !== 0
  assert.deepEqual(['shop a', 'shop b', 'blog c', 'blog d'].map(isPurged), [true, false, true, false])
  await house.kill()
})

test('what was purged by tag is so after restarts, whether or not it was written again', async () => {
  using folder = new Folder()
  const [hard, soft] = [11, -12]
  let house = await House.open(folder.store)
  for (const [key, tags] of Object.entries({ a: [hard], b: [soft], c: [soft, hard], d: [13], e: [] }))
    house.store(key, 'old', { tags })
  house.purgeTag(soft, true)
  house.purgeTag(hard, false)
  house.store('a', 'new', { tags: [hard], born: 2 })
  for (const life of ['by the log', 'from memory', 'written anew']) {
    if (life === 'written anew') house.coreDies()
    await house.settled(true)
    await house.until(() => house.copy.state.state === 'copying')
    await house.kill()
    house = await House.open(folder.store)
    assert.deepEqual([...house.all.keys()].sort(), ['a', 'b', 'd', 'e'], life)
    const isPurged = (key: string): boolean => (house.find(key)!.flags & Flag.purged) !== 0
    assert.deepEqual(['a', 'b', 'd', 'e'].map(isPurged), [false, true, false, false], life)
    assert.equal(house.find('a')!.body, 'new')
  }
  house.purgeTag(13, false)
  await house.settled(true)
  await house.kill()
  house = await House.open(folder.store)
  assert.deepEqual([...house.all.keys()].sort(), ['a', 'b', 'e'])
  await house.kill()
})

test('variants are found again under the record that names what varies, and lost with it', async () => {
  using folder = new Folder()
  const names = { lines: Buffer.from('accept-language'), flags: Flag.variesBy, freshUntil: Infinity }
  const house = await restart(folder, first => {
    for (const key of ['page', 'void']) {
      first.store(key, '', names)
      const { serial } = first.find(key)!
      for (const language of ['de', 'fr']) first.store(key + variantSuffix(serial, language), language)
    }
    first.invalidate('void')
  })
  const { serial } = house.find('page')!
  assert.equal(house.find(`page${variantSuffix(serial, 'fr')}`)?.body, 'fr')
  house.store('void', '', names)
  assert.equal(house.find(`void${variantSuffix(house.find('void')!.serial, 'fr')}`), undefined)
  await house.kill()
})

test('no serial is given twice, not over restarts either', async () => {
  using folder = new Folder()
  const serials: number[] = []
  for (let life = 0; life < 3; life++) {
    const house = await House.open(folder.store)
    for (let i = 0; i < 5; i++) {
      house.store(`${life} ${i}`, 'x')
      serials.push(house.find(`${life} ${i}`)!.serial)
    }
    // The last one never gets to the disk.
    await house.settled()
    await house.kill()
  }
  assert.equal(new Set(serials).size, 15)
})

test('what can never be used again is left behind, what can be validated is not', async () => {
  using folder = new Folder()
  const past = Date.now() - 1000
  const over = { freshUntil: past, revalidateUntil: past, errorUntil: past }
  const house = await restart(folder, first => {
    first.store('over', 'old')
    first.store('over', 'x', over)
    first.store('validator', 'x', { ...over, flags: Flag.validator })
    first.store('grace', 'x', { ...over, errorUntil: past + 100_000 })
  })
  assert.deepEqual([...house.all.keys()].sort(), ['grace', 'validator'], 'and the one before it does not come back')
  await house.kill()
})

test('after any sequence of changes and restarts the store is what it was', async () => {
  const key = fc.constantFrom('a 1', 'a 2', 'a 3', 'b 1', 'b 2')
  const change = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('store' as const), key, size: fc.nat(20_000) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('invalidate' as const), key }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('purge' as const), key: fc.constantFrom('a ', 'b ', '') }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('core dies' as const) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 60 }), async changes => {
      using folder = new Folder()
      let house = await House.open(folder.store)
      for (const [i, each] of changes.entries()) {
        if (each.do === 'store') house.store(each.key, Buffer.alloc(each.size, i))
        else if (each.do === 'invalidate') house.invalidate(each.key)
        else if (each.do === 'purge') house.purge(each.key)
        else if (each.do === 'core dies') house.coreDies()
        else await house.settled()
        await house.turn()
        if (each.do !== 'restart') continue
        const before = house.all
        await house.kill()
        house = await House.open(folder.store)
        assert.deepEqual(house.all, before)
      }
      await house.kill()
    }),
    { numRuns: 60 },
  )
})

test('a log cut off at any byte gives back the responses that were written whole', async () => {
  using folder = new Folder()
  const bodies = new Map(Array.from({ length: 4 }, (_, i) => [`key ${i}`, `body ${i} `.repeat(i + 1)]))
  const first = await House.open(folder.store)
  for (const [key, body] of bodies) first.store(key, body)
  await first.settled()
  await first.kill()
  const [file] = folder.files
  const whole = readFileSync(file!)
  for (let length = whole.length; length >= 0; length -= 7) {
    writeFileSync(file!, whole.subarray(0, length))
    const house = await House.open(folder.store)
    for (const [key, { body }] of house.all) assert.equal(body, bodies.get(key))
    house.store('more', 'written behind the torn end')
    await house.settled()
    await house.kill()
    const next = await House.open(folder.store)
    assert.equal(next.find('more')?.body, 'written behind the torn end')
    assert.equal(next.all.size, house.all.size)
    await next.kill()
    truncateSync(file!, 0)
  }
})

test('a damaged record is skipped and counted, and the others come back', async () => {
  using folder = new Folder()
  const first = await House.open(folder.store)
  for (let i = 0; i < 5; i++) first.store(`key ${i}`, `body ${i}`)
  await first.settled()
  await first.kill()
  const [file] = folder.files
  const bytes = readFileSync(file!)
  bytes[bytes.indexOf('body 2')]! ^= 1
  writeFileSync(file!, bytes)
  const house = await House.open(folder.store)
  assert.deepEqual([...house.all.keys()].sort(), ['key 0', 'key 1', 'key 3', 'key 4'])
  assert.equal(house.told.find(({ event }) => event === 'store-loaded')?.detail['damaged'], 1)
  await house.kill()
})

test('a file that cannot be read hides what is older, since it may have said that it is gone', async () => {
  using folder = new Folder()
  const first = await House.open(folder.store, { mebibytes: 1 })
  for (let i = 0; i < 30; i++) first.store(`key ${i}`, Buffer.alloc(10_000, i))
  await first.settled()
  await first.kill()
  const files = folder.files
  assert.ok(files.length >= 3, `${files.length} files`)
  writeFileSync(files.at(-2)!, 'not a log')
  const house = await House.open(folder.store)
  assert.notEqual(house.find('key 29'), undefined)
  assert.equal(house.find('key 0'), undefined)
  assert.equal(folder.files.length, 1)
  await house.kill()
})

test('the disk stays within its bound, and all that is in memory comes back', async t => {
  using folder = new Folder()
  const mebibytes = 4
  const random = seeded(5)
  const house = await House.open(folder.store, { mebibytes })
  let [most, written] = [0, 0]
  for (let i = 0; i < 6000; i++) {
    const size = 500 + below(random, 12_000)
    if (house.store(`page ${below(random, 900)}`, Buffer.alloc(size, i)) !== 0) written += size
    if (i % 5 === 0) await house.turn()
    if (i % 100 !== 0) continue
    await house.settled()
    most = Math.max(most, folder.bytes)
  }
  await house.settled()
  const before = house.all
  await house.kill()
  t.diagnostic(`${(most / 2 ** 20).toFixed(2)} MiB of disk at most, ${(written / 2 ** 20).toFixed(0)} MiB stored`)
  assert.ok(most <= mebibytes * 2 ** 20 * 1.25)
  assert.ok(most > diskBounds(mebibytes * 2 ** 20).soft * 0.9, 'the bound was reached')
  const next = await House.open(folder.store, { mebibytes })
  const after = next.all
  for (const [key, found] of before) if (after.has(key)) assert.deepEqual(after.get(key), found)
  assert.ok(after.size >= before.size * 0.97, `${after.size} of ${before.size}: the reserve is evicted at once`)
  await next.kill()
})

test('a store that has become smaller gets the newest responses', async () => {
  using folder = new Folder()
  const first = await House.open(folder.store, { mebibytes: 4 })
  for (let i = 0; i < 300; i++) first.store(`page ${i}`, Buffer.alloc(10_000, i))
  await first.settled()
  await first.kill()
  const house = await House.open(folder.store, { mebibytes: 1 })
  assert.notEqual(house.find('page 299'), undefined)
  assert.notEqual(house.find('page 230'), undefined)
  assert.equal(house.find('page 0'), undefined)
  for (let i = 0; i < 3; i++) await house.turn()
  assert.notEqual(house.find('page 299'), undefined, 'eviction begins with the oldest')
  await house.kill()
})

test('when the time for loading is over the newest are there, and the rest does not come back later', async () => {
  using folder = new Folder()
  const first = await House.open(folder.store, { mebibytes: 4 })
  for (let i = 0; i < 300; i++) first.store(`page ${i}`, Buffer.alloc(10_000, i))
  await first.settled()
  await first.kill()
  const house = await House.open(folder.store, { mebibytes: 4, loadWithin: 0 })
  assert.equal(house.told.at(-1)?.detail['gaveUp'] ?? 'time', 'time')
  assert.ok(house.all.size < 300)
  await house.kill()
  const next = await House.open(folder.store, { mebibytes: 4 })
  assert.equal(next.all.size, house.all.size)
  await next.kill()
})

test('when core dies the copy is made anew from memory', async () => {
  using folder = new Folder()
  const house = await restart(folder, async first => {
    for (let i = 0; i < 50; i++) first.store(`page ${i}`, `body ${i}`)
    await first.settled()
    // The old core did not get to say it.
    first.shelf.invalidate(Buffer.from('page 7'))
    first.coreDies()
    await first.until(() => first.copy.state.state === 'copying')
    first.store('later', 'x')
  })
  assert.equal(house.find('page 7'), undefined)
  assert.equal(house.find('page 8')?.body, 'body 8')
  assert.equal(house.find('later')?.body, 'x')
  assert.equal(house.all.size, 50)
  await house.kill()
})

test('a process that ends while it loads leaves the copy as it is', async () => {
  using folder = new Folder()
  const first = await House.open(folder.store, { mebibytes: 4 })
  for (let i = 0; i < 300; i++) first.store(`page ${i}`, Buffer.alloc(10_000, i))
  await first.settled()
  await first.kill()
  const brief = new House(folder.store, { mebibytes: 4 })
  await brief.until(() => brief.all.size > 0)
  await brief.kill()
  const house = await House.open(folder.store, { mebibytes: 4 })
  assert.equal(house.all.size, 300)
  await house.kill()
})

test('a place is not used again before the journal has copied what lay there', async () => {
  using folder = new Folder()
  const house = await House.open(folder.store)
  await house.turn()
  const ref = house.store('a', 'first')
  house.store('a', 'second')
  house.shelf.turn(true)
  assert.notEqual(house.store('b', 'third'), ref, 'the journal has not heard of it yet')
  await house.turn()
  assert.equal(house.store('c', 'fourth'), ref)
  await house.kill()
})
