// Large stored bodies lie on disk: they are sent from there, whole and in ranges, outlive kill -9, stay within their bound, and not
// a byte of a damaged one reaches anyone.

import assert from 'node:assert/strict'
import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { Origin, bytesFor } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask, crowd } from '../fixtures/visitor.ts'

const MIB = 1024 * 1024
const fresh = { 'cache-control': 'max-age=600', 'content-type': 'application/octet-stream' }
const file = (name: string, mebibytes: number): Buffer => bytesFor(name, mebibytes * MIB + 12_345)
/** `/NAME-MIB`. */
const bodyAt = (path: string): Buffer => file(path, Number(path.split('-')[1]))

const rows = (count: number): string => Array.from({ length: count }, (_, i) => `row ${i * i}\n`).join('')

const filesOf = (shield: Shield): string[] =>
  readdirSync(join(shield.data, 'large')).map(name => join(shield.data, 'large', name))
const bytesOnDisk = (shield: Shield): number => filesOf(shield).reduce((sum, path) => sum + statSync(path).size, 0)

/** The first bytes, without all the rest in the message. */
const isSame = (came: Buffer, expected: Buffer): boolean => came.equals(expected)

describe('a large body', { timeout: 120_000 }, () => {
  it('is sent from disk: whole, in ranges, as 304, to a crowd, and takes hardly any memory of the store', async () => {
    await using origin = await Origin.start({
      '*': ({ path }) => ({ fields: { ...fresh, etag: `"${path}"` }, body: bodyAt(path) }),
    })
    await using shield = await Shield.start({ origins: [origin.url] })
    const [path, body] = ['/film-9', bodyAt('/film-9')]
    const first = await ask(shield.port, path)
    assert.ok(isSame(first.body, body))
    const second = await ask(shield.port, path)
    assert.match(second.cache, /; hit/)
    assert.ok(isSame(second.body, body))
    assert.equal(second.fields['content-length'], String(body.length))
    const head = await ask(shield.port, path, { method: 'HEAD' })
    assert.deepEqual([head.status, head.fields['content-length'], head.body.length], [200, String(body.length), 0])
    // Within one piece, over the bounds of pieces, and to the end.
    for (const [from, to] of [
      [5, 9],
      [262_100, 900_000],
      [262_144, 524_287],
      [MIB, body.length - 1],
    ] as const) {
      const part = await ask(shield.port, path, { fields: { range: `bytes=${from}-${to}` } })
      assert.deepEqual([part.status, part.fields['content-range']], [206, `bytes ${from}-${to}/${body.length}`])
      assert.ok(isSame(part.body, body.subarray(from, to + 1)), `${from}-${to}`)
    }
    const last = await ask(shield.port, path, { fields: { range: 'bytes=-100' } })
    assert.ok(isSame(last.body, body.subarray(-100)))
    const same = await ask(shield.port, path, { fields: { 'if-none-match': `"${path}"` } })
    assert.deepEqual([same.status, same.body.length], [304, 0])
    const all = await crowd(shield.port, path, 20)
    assert.ok(all.every(each => isSame(each.body, body)))
    assert.equal(origin.of(path).length, 1)
    const { store } = await untilStats(shield, ({ store }) => store!.bytesOnDisk === body.length)
    assert.equal(filesOf(shield).length, 1)
    assert.ok(store!.bytesUsed < MIB, `${store!.bytesUsed} bytes of memory`)
  })

  it('goes over to the next record with a 304, and its file goes when it is purged or replaced', async () => {
    let version = 1
    await using origin = await Origin.start({
      '*': ({ path, fields }) => {
        const etag = `"${version}"`
        const told = { ...fresh, 'cache-control': 'max-age=1', etag }
        if (fields['if-none-match'] === etag) return { status: 304, fields: told }
        return { fields: told, body: file(`${path} ${version}`, 2) }
      },
    })
    await using shield = await Shield.start({ origins: [origin.url] })
    const path = '/film'
    const isVersion = (came: Buffer): boolean => isSame(came, file(`${path} ${version}`, 2))
    assert.ok(isVersion((await ask(shield.port, path)).body))
    const [before] = filesOf(shield)
    await sleep(1100)
    const confirmed = await ask(shield.port, path)
    assert.ok(isVersion(confirmed.body))
    assert.match(confirmed.cache, /fwd=stale.*fwd-status=304/)
    await until('its former name is gone', () => !filesOf(shield).includes(before!))
    assert.equal(filesOf(shield).length, 1)
    assert.ok(isVersion((await ask(shield.port, path)).body))
    version = 2
    await sleep(1100)
    assert.ok(isVersion((await ask(shield.port, path)).body))
    assert.ok(isVersion((await ask(shield.port, path)).body))
    await until('the former version is gone', () => filesOf(shield).length === 1)
    await ask(shield.port, path, { method: 'DELETE' })
    await until('what is untrue is gone', () => filesOf(shield).length === 0)
  })

  it('outlives kill -9; a torn file, and one that nobody knows, do not', async () => {
    await using origin = await Origin.start({ '*': ({ path }) => ({ fields: fresh, body: bodyAt(path) }) })
    await using shield = await Shield.start({ origins: [origin.url] })
    const paths = ['/a-1', '/b-2', '/c-3']
    for (const path of paths) await ask(shield.port, path)
    const smallest = filesOf(shield).toSorted((a, b) => statSync(a).size - statSync(b).size)[0]!
    await until('all are copied', async () => ((await shield.stats()).store?.records ?? 0) === 3)
    await sleep(300)
    shield.kill('SIGKILL')
    await shield.child.ended
    truncateSync(smallest, 1000)
    writeFileSync(join(shield.data, 'large', '0123456789abcdef'), 'nobody’s')
    await using again = await Shield.start({ origins: [origin.url], data: shield.data })
    assert.equal(filesOf(again).length, 2)
    for (const path of paths) {
      const came = await ask(again.port, path)
      assert.ok(isSame(came.body, bodyAt(path)), path)
      assert.equal(came.cache.includes('; hit'), path !== '/a-1', path)
    }
    assert.deepEqual(
      paths.map(path => origin.of(path).length),
      [2, 1, 1],
    )
  })

  it('is fetched anew where it was damaged on disk, and cut short where that shows in the middle', async () => {
    await using origin = await Origin.start({ '*': ({ path }) => ({ fields: fresh, body: bodyAt(path) }) })
    await using shield = await Shield.start({ origins: [origin.url] })
    const path = '/film-4'
    const body = bodyAt(path)
    const spoil = (at: number): void => {
      const [name] = filesOf(shield)
      const bytes = Buffer.from(body)
      bytes[at]! ^= 1
      writeFileSync(name!, bytes)
    }
    await ask(shield.port, path)
    spoil(100)
    const anew = await ask(shield.port, path)
    assert.ok(isSame(anew.body, body))
    assert.equal(origin.of(path).length, 2)
    await until('the damaged one is gone', () => filesOf(shield).length === 1)
    assert.match((await ask(shield.port, path)).cache, /; hit/)
    spoil(3 * MIB)
    await assert.rejects(ask(shield.port, path), 'it breaks off')
    assert.ok(isSame((await ask(shield.port, path)).body, body))
    assert.equal(origin.of(path).length, 3)
    await untilStats(shield, ({ counters }) => counters.damagedBodies?.total === 2)
  })

  it('that is text has compressed copies too, over a 304 as well; one of more than 8 MiB has none, and that is counted', async () => {
    const [body, vast] = [rows(150_000), rows(700_000)]
    assert.ok(body.length > MIB && vast.length > 8 * MIB)
    const told = { 'content-type': 'text/csv', 'cache-control': 'max-age=60', etag: '"1"' }
    await using origin = await Origin.start({
      '/rows': ({ fields }) =>
        fields['if-none-match'] === '"1"' ? { status: 304, fields: told } : { fields: told, body },
      '/vast': { fields: told, body: vast },
    })
    await using shield = await Shield.start({
      config: { cache: { memory: '64 MiB', maxBody: '32 MiB' }, sites: [{ origins: [origin.url] }] },
    })
    const asGzip = (more: Record<string, string> = {}) =>
      ask(shield.port, '/rows', { fields: { 'accept-encoding': 'gzip', ...more } })
    await until('there is a copy', async () => (await asGzip()).fields['content-encoding'] === 'gzip')
    const came = await asGzip()
    assert.ok(came.body.length < body.length / 2)
    assert.ok(gunzipSync(came.body).toString() === body)
    const plain = await ask(shield.port, '/rows')
    assert.deepEqual([plain.fields['content-encoding'], plain.text === body], [undefined, true])
    assert.equal(filesOf(shield).length, 1, 'as it came it lies on disk')
    assert.equal((await asGzip({ 'cache-control': 'no-cache' })).status, 200)
    await until('the copy holds on', async () => (await asGzip()).fields['content-encoding'] === 'gzip')
    assert.equal(origin.of('/rows').filter(({ fields }) => fields['if-none-match'] === undefined).length, 1)
    for (let i = 0; i < 2; i++) {
      const whole = await ask(shield.port, '/vast', { fields: { 'accept-encoding': 'gzip' } })
      assert.deepEqual([whole.fields['content-encoding'], whole.text === vast], [undefined, true])
    }
    await untilStats(shield, ({ counters }) => (counters['plainSize']?.total ?? 0) >= 1)
  })

  it('makes room for others on disk, and pages in memory keep theirs', async () => {
    await using origin = await Origin.start({
      '/page': { fields: fresh, body: 'a page' },
      '*': ({ path }) => ({ fields: fresh, body: bodyAt(path) }),
    })
    const config = { cache: { memory: '32 MiB', disk: '20 MiB' }, sites: [{ origins: [origin.url] }] } as const
    await using shield = await Shield.start({ config })
    await ask(shield.port, '/page')
    for (let i = 0; i < 30; i++) {
      await ask(shield.port, `/film${i}-2`)
      assert.match((await ask(shield.port, '/film0-2')).cache, /; hit/, `what is asked for stays, ${i}`)
    }
    await until('it is within its bound', () => bytesOnDisk(shield) <= 20 * MIB)
    assert.ok(bytesOnDisk(shield) > 10 * MIB)
    assert.match((await ask(shield.port, '/page')).cache, /; hit/)
    // Over a quarter of the disk: in memory, as far as that goes.
    assert.ok(isSame((await ask(shield.port, '/vast-6')).body, bodyAt('/vast-6')))
    assert.match((await ask(shield.port, '/vast-6')).cache, /; hit/)
  })
})

type Stats = Awaited<ReturnType<Shield['stats']>>

/** The numbers, once they are so. */
async function untilStats(shield: Shield, isSo: (stats: Stats) => boolean): Promise<Stats> {
  let stats: Stats
  await until(
    () => JSON.stringify(stats.store),
    async () => isSo((stats = await shield.stats())),
  )
  return stats!
}
