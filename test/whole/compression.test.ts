// Compressed copies of what is stored, through the whole program: which form a visitor gets, that both lanes agree, and that a
// copy comes and goes with the response that it was made from.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliDecompressSync, gunzipSync, gzipSync, zstdDecompressSync } from 'node:zlib'
import type { ConfigInput } from '../../src/config/types.ts'
import { Origin } from '../fixtures/origin.ts'
import type { Page } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import type { Came } from '../fixtures/visitor.ts'

const BROWSER = 'gzip, deflate, br, zstd'
const text = (name: string, bytes = 8000): string => `<p>${name}</p>`.repeat(Math.ceil(bytes / (name.length + 7)))
const html = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'max-age=60' }

const DECODERS: Record<string, (bytes: Buffer) => Buffer> = {
  br: brotliDecompressSync,
  gzip: gunzipSync,
  zstd: zstdDecompressSync,
}
const decoded = ({ fields, body }: Came): string =>
  (DECODERS[fields['content-encoding'] ?? '']?.(body) ?? body).toString()

/** What tells forms apart. */
const seen = ({ fields }: Came) =>
  ['content-encoding', 'content-length', 'vary', 'etag', 'accept-ranges'].map(name => fields[name])

describe('stored text', { timeout: 60_000 }, () => {
  let origin: Origin
  let shield: Shield
  const accepting = (path: string, coding: string, more: Record<string, string> = {}): Promise<Came> =>
    ask(shield.port, path, { fields: { 'accept-encoding': coding, ...more } })
  /** Asked for and stored; resolves once its copies are made, which takes milliseconds. */
  const settled = async (path: string): Promise<void> => {
    await ask(shield.port, path)
    await until(`${path} is compressed`, async () => {
      const all = await Promise.all(['br', 'zstd', 'gzip'].map(each => accepting(path, each)))
      return all.every(({ fields }) => fields['content-encoding'] !== undefined)
    })
  }

  before(async () => {
    const changing = ({ nth }: { nth: number }): Page => ({
      fields: { ...html, 'cache-control': 'max-age=1' },
      body: text(`issue ${nth}`),
    })
    origin = await Origin.start({
      '/page': { fields: { ...html, etag: '"v1"', 'accept-ranges': 'bytes' }, body: text('page') },
      '/dated': { fields: { ...html, 'last-modified': 'Sat, 21 Nov 2026 10:00:00 GMT' }, body: text('dated') },
      '/large': { fields: html, body: Array.from({ length: 40_000 }, (_, i) => `row ${i * i}\n`).join('') },
      '/zipped': { fields: { ...html, 'content-encoding': 'gzip' }, body: gzipSync(text('zipped')) },
      '/photo': { fields: { ...html, 'content-type': 'image/jpeg' }, body: text('photo') },
      '/brief': { fields: html, body: 'brief' },
      '/fixed': { fields: { ...html, 'cache-control': 'max-age=60, no-transform' }, body: text('fixed') },
      '/noise': { fields: html, body: randomBytes(9000) },
      '/changing': changing,
      '/confirmed': ({ fields }) =>
        fields['if-none-match'] === '"c"'
          ? { status: 304, fields: { etag: '"c"', 'cache-control': 'max-age=60' } }
          : { fields: { ...html, 'cache-control': 'max-age=1', etag: '"c"' }, body: text('confirmed') },
      '/tagged': ({ nth }) => ({ fields: { ...html, 'surrogate-key': 't' }, body: text(`tagged ${nth}`) }),
      '/news': { fields: { ...html, vary: 'Accept-Language' }, body: text('news') },
    })
    shield = await Shield.start({ origins: [origin.url] })
    for (const path of ['/page', '/dated', '/large', '/news']) await settled(path)
    // The other edge may have looked in vain in this second, and looks again in the next.
    await sleep(1100)
    for (const path of ['/zipped', '/photo', '/brief', '/fixed', '/noise']) await ask(shield.port, path)
  })
  after(async () => {
    await shield[Symbol.asyncDispose]()
    await origin.stop()
  })

  it('comes in the coding that the client likes best, and is the same text in each', async () => {
    for (const [header, coding] of [
      [BROWSER, 'br'],
      ['gzip', 'gzip'],
      ['zstd;q=0.9, gzip;q=0.5', 'zstd'],
      ['br;q=0.1, gzip;q=1.0', 'gzip'],
      ['br;q=0, *', 'zstd'],
      ['deflate', undefined],
      ['identity', undefined],
      ['gzip;q=0.2, identity;q=0.5', undefined],
      ['', undefined],
      ['nonsense;;q', undefined],
    ] as const) {
      const came = await accepting('/page', header)
      assert.equal(came.fields['content-encoding'], coding, header)
      assert.equal(decoded(came), text('page'), header)
      assert.equal(came.fields.vary, 'Accept-Encoding', header)
      assert.equal(Number(came.fields['content-length']), came.body.length, header)
      assert.match(came.cache, /; hit;/)
    }
    assert.equal(origin.of('/page').length, 1)
  })

  it('is the same from either lane, head included, also when it is large', async () => {
    for (const path of ['/page', '/large', '/news'])
      for (const coding of ['br', 'gzip', 'identity']) {
        // A max-age that anything meets is a directive all the same, and directives are the slow lane's.
        const [fast, slow] = [
          await accepting(path, coding),
          await accepting(path, coding, { 'cache-control': 'max-age=900' }),
        ]
        const head = await ask(shield.port, path, { method: 'HEAD', fields: { 'accept-encoding': coding } })
        assert.deepEqual(seen(slow), seen(fast), `${path} ${coding}`)
        assert.deepEqual(seen(head), seen(fast), `${path} ${coding}`)
        assert.deepEqual(slow.body, fast.body)
      }
    assert.ok((await accepting('/large', 'br')).body.length < (await accepting('/large', 'identity')).body.length / 2)
  })

  it('has a strong entity tag as it is and a weak one compressed, and If-None-Match holds for both', async () => {
    assert.equal((await accepting('/page', 'identity')).fields.etag, '"v1"')
    assert.equal((await accepting('/page', BROWSER)).fields.etag, 'W/"v1"')
    for (const tag of ['"v1"', 'W/"v1"'])
      for (const coding of [BROWSER, 'identity']) {
        const came = await accepting('/page', coding, { 'if-none-match': tag })
        assert.equal(came.status, 304)
        assert.equal(came.fields.vary, 'Accept-Encoding')
      }
    assert.equal((await accepting('/page', BROWSER, { 'if-none-match': '"v2"' })).status, 200)
  })

  it('gives ranges of the uncompressed form alone, and joins no piece of one to the other', async () => {
    const range = { range: 'bytes=10-19' }
    const part = await accepting('/page', BROWSER, range)
    assert.deepEqual(
      [part.status, part.fields['content-encoding'], part.text],
      [206, undefined, text('page').slice(10, 20)],
    )
    assert.equal((await accepting('/page', BROWSER, { ...range, 'if-range': '"v1"' })).status, 206)
    assert.equal((await accepting('/page', BROWSER, { ...range, 'if-range': 'W/"v1"' })).status, 200)
    // A date is the same for all forms, and so tells nothing of which of them the client has a piece.
    const dated = await accepting('/dated', BROWSER, { ...range, 'if-range': 'Sat, 21 Nov 2026 10:00:00 GMT' })
    assert.equal(dated.status, 200)
    assert.equal(decoded(dated), text('dated'))
    assert.equal((await accepting('/page', BROWSER)).fields['accept-ranges'], undefined)
  })

  it('is left as it came where it is compressed already, no text, small, forbidden, or would not shrink', async () => {
    await sleep(300)
    for (const path of ['/zipped', '/photo', '/brief', '/fixed', '/noise']) {
      const came = await accepting(path, path === '/zipped' ? 'gzip' : BROWSER)
      assert.match(came.cache, /; hit;/, path)
      assert.equal(came.fields['content-encoding'], path === '/zipped' ? 'gzip' : undefined, path)
    }
    for (const name of ['plainCoded', 'plainForbidden', 'plainKind', 'plainSize', 'plainNoGain'])
      await until(`${name} is counted`, async () => {
        const { counters } = await shield.stats()
        return (counters[name] as unknown as { total: number }).total >= 1
      })
    assert.equal(
      (await accepting('/page', BROWSER, { 'cache-control': 'no-transform' })).fields['content-encoding'],
      undefined,
    )
  })

  it('has copies of each variant', async () => {
    const [english, german] = ['en', 'de'].map(language => ({ 'accept-language': language }))
    await accepting('/news', BROWSER, german)
    await until('the variant is compressed', async () => {
      const came = await accepting('/news', BROWSER, german)
      return came.fields['content-encoding'] === 'br' && decoded(came) === text('news')
    })
    assert.deepEqual((await accepting('/news', BROWSER, german)).fields.vary, 'Accept-Language, Accept-Encoding')
    await accepting('/news', BROWSER, english)
  })

  it('has the new text, in whatever form, once it is replaced or purged', async () => {
    await settled('/changing')
    const before = origin.of('/changing').length
    await sleep(1100)
    await accepting('/changing', BROWSER)
    for (const coding of [BROWSER, 'gzip', 'identity'])
      assert.equal(
        decoded(await accepting('/changing', coding)),
        text(`issue ${origin.of('/changing').length}`),
        coding,
      )
    assert.ok(origin.of('/changing').length > before)
    await settled('/tagged')
    const token = { authorization: `Bearer ${await tokenOf(shield)}`, 'content-type': 'application/json' }
    const purge = (wish: object) =>
      shield.admit('/api/purge', { method: 'POST', headers: token, body: JSON.stringify(wish) })
    assert.equal((await purge({ tags: ['t'], hard: true })).status, 200)
    assert.equal(decoded(await accepting('/tagged', BROWSER)), text('tagged 2'))
    const { purged } = (await (await purge({ prefixes: ['http://www.example.org/page'], hard: true })).json()) as {
      purged: number
    }
    assert.equal(purged, 1, 'copies are not counted as responses')
  })

  it('keeps its copies when the origin confirms it', async () => {
    await settled('/confirmed')
    await sleep(1100)
    const made = async () => (await shield.stats()).counters['compressed'] as unknown as { total: number }
    assert.equal((await ask(shield.port, '/confirmed')).status, 200)
    await until('the copies stand beside it again', async () => {
      return (await accepting('/confirmed', BROWSER)).fields['content-encoding'] === 'br'
    })
    assert.equal(origin.of('/confirmed').at(-1)!.fields['if-none-match'], '"c"')
    assert.ok((await made()).total > 0)
  })
})

describe('a store that is read back', { timeout: 150_000 }, () => {
  it('has its compressed copies, and none where the config wants none', async () => {
    await using origin = await Origin.start({ '/page': { fields: html, body: text('page') } })
    const first = await Shield.start({ origins: [origin.url] })
    const br = { fields: { 'accept-encoding': 'br' } }
    await ask(first.port, '/page')
    await until('compressed', async () => (await ask(first.port, '/page', br)).fields['content-encoding'] === 'br')
    await sleep(300)
    first.kill('SIGKILL')
    await first.child.ended
    {
      await using second = await Shield.start({ origins: [origin.url], data: first.data })
      const came = await ask(second.port, '/page', br)
      assert.deepEqual([came.fields['content-encoding'], decoded(came)], ['br', text('page')])
      assert.match(came.cache, /; hit;/)
    }
    const config: ConfigInput = { cache: { memory: '32 MiB', compress: [] }, sites: [{ origins: [origin.url] }] }
    await using third = await Shield.start({ config, data: first.data })
    const came = await ask(third.port, '/page', br)
    assert.deepEqual([came.fields['content-encoding'], came.fields.vary], [undefined, undefined])
    assert.equal(origin.of('/page').length, 1)
    await first[Symbol.asyncDispose]()
  })
})

async function tokenOf(shield: Shield): Promise<string> {
  return (await readFile(`${shield.data}/admin-token`, 'utf8')).trim()
}
