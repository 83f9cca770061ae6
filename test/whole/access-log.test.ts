// A real process with an access log: every request has its line, in both lanes, also while the file is rotated and when the process
// ends; what a visitor sends breaks no line; a disk that is gone costs lines and no visitor.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'

const pages = {
  '/page': { fields: { 'cache-control': 'max-age=60' }, body: 'a page' },
  '/slow': { fields: { 'cache-control': 'no-store' }, body: 'not stored' },
}

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-log-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const linesOf = (file: string): string[] => (existsSync(file) ? readFileSync(file, 'latin1').trimEnd().split('\n') : [])
type Line = Record<string, unknown>
const parsed = (file: string): Line[] => linesOf(file).map(line => JSON.parse(line) as Line)

test('each request has its line as JSON, with what became of it, and no line is lost when the file is renamed', async context => {
  const file = join(folderFor(context), 'access.log')
  await using origin = await Origin.start(pages)
  await using shield = await Shield.start({ config: { sites: [{ origins: [origin.url] }], accessLog: { file } } })
  await ask(shield.port, '/page', { fields: { 'user-agent': 'a "browser"\\', referer: 'https://example.net/' } })
  await ask(shield.port, '/page?a=1')
  await ask(shield.port, '/page')
  await ask(shield.port, '/page', { fields: { 'if-none-match': '*' } })
  await ask(shield.port, '/slow')
  await ask(shield.port, '/gone')
  await until('the lines are there', () => linesOf(file).length >= 6)
  const lines = parsed(file)
  // Each edge writes its own lines, so their order in the file is that of the requests within one edge only.
  const first = lines.find(({ outcome, target }) => outcome === 'miss' && target === '/page')
  assert.equal(first?.['userAgent'], 'a "browser"\\')
  assert.equal(first?.['referer'], 'https://example.net/')
  assert.equal(first?.['client'], '127.0.0.1')
  assert.equal(first?.['bytes'], 6)
  assert.ok((first?.['originMs'] as number) > 0)
  const hit = lines.find(({ outcome, target, status }) => outcome === 'hit' && target === '/page' && status === 200)
  assert.deepEqual([hit?.['lane'], hit?.['status'], hit?.['bytes'], hit?.['method']], ['fast', 200, 6, 'GET'])
  assert.ok(lines.some(({ target, outcome }) => target === '/slow' && outcome === 'pass'))
  assert.equal(statSync(file).mode & 0o007, 0, 'others may not read addresses')

  // Somebody rotates the file while requests come.
  let asked = 6
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 40; j++, asked++) await ask(shield.port, j % 2 === 0 ? '/page' : '/slow')
    renameSync(file, `${file}.${i}`)
    await until('a new file is begun', async () => {
      asked++
      await ask(shield.port, '/page')
      return existsSync(file)
    })
  }
  await shield.stop()
  const folder = join(file, '..')
  const all = readdirSync(folder).flatMap(name => parsed(join(folder, name)))
  assert.equal(all.length, asked)
})

test('the combined format is what an analyser expects, whatever a visitor sends', async context => {
  const file = join(folderFor(context), 'access.log')
  await using origin = await Origin.start(pages)
  const config = { sites: [{ origins: [origin.url] }], accessLog: { file, format: 'combined' as const } }
  await using shield = await Shield.start({ config })
  await ask(shield.port, '/page', { fields: { 'user-agent': 'x" 200 5 "y\\', referer: 'caf\u00e9' } })
  await new Promise<void>(resolve => {
    const socket = connect(shield.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: a b\r\n\r\n'))
    socket.resume().on('close', () => resolve())
  })
  await until('both lines are there', () => linesOf(file).length >= 2)
  await shield.stop()
  const form =
    /^(\S+) - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"$/
  const fields = linesOf(file).map(line => form.exec(line)?.slice(1))
  const [page, refused] = fields[0]?.[2] === '200' ? fields : fields.toReversed()
  assert.deepEqual(page, ['127.0.0.1', 'GET /page HTTP/1.1', '200', '6', 'caf\\xe9', 'x\\" 200 5 \\"y\\\\'])
  assert.equal(refused?.[2], '400')
})

test('a sample has about its share of the lines, and says so', async context => {
  const file = join(folderFor(context), 'access.log')
  await using origin = await Origin.start(pages)
  const config = { sites: [{ origins: [origin.url] }], accessLog: { file, share: '20%' as const } }
  await using shield = await Shield.start({ config })
  for (let i = 0; i < 500; i++) await ask(shield.port, '/page')
  await shield.stop()
  const lines = parsed(file)
  // 100 expected; a binomial of 500 and 0.2 lies outside of 50 to 150 once in 10^7 times.
  assert.ok(lines.length > 50 && lines.length < 150, `${lines.length} lines`)
  assert.ok(lines.every(({ share }) => share === 0.2))
})

test('a log that cannot be written costs its lines, which are counted and told of once, and no visitor', async context => {
  const file = join(folderFor(context), 'nowhere', 'access.log')
  await using origin = await Origin.start(pages)
  await using shield = await Shield.start({
    config: { sites: [{ origins: [origin.url] }], accessLog: { file } },
    edges: 1,
  })
  for (let i = 0; i < 20; i++) assert.equal((await ask(shield.port, '/page')).status, 200)
  await shield.heard('access-log-not-written')
  await until('they are counted', async () => {
    const shown = await (await shield.admit('/metrics')).text()
    return /breakwater_requests_not_logged_total 20\b/.test(shown)
  })
  assert.equal(shield.logs('access-log-not-written').length, 1)
})

test('who is trusted is told what took how long, from a stored response too; nobody else is', async () => {
  await using origin = await Origin.start(pages)
  const trust = {
    sites: [{ origins: [origin.url] }],
    serverTiming: { trusted: ['10.0.0.0/8'] },
    proxies: { trusted: ['127.0.0.1/32'] },
  }
  await using shield = await Shield.start({ config: trust })
  const trusted = { fields: { 'x-forwarded-for': '10.1.2.3' } }
  const [missed, hit] = [await ask(shield.port, '/page', trusted), await ask(shield.port, '/page', trusted)]
  assert.match(
    String(missed.fields['server-timing']),
    /^breakwater;desc="miss[^"]*";dur=[\d.]+(, queue;dur=[\d.]+)?, origin;dur=[\d.]+, total;dur=[\d.]+$/,
  )
  assert.match(String(hit.fields['server-timing']), /^breakwater;desc="hit[^"]*";dur=[\d.]+, total;dur=[\d.]+$/)
  const others = await ask(shield.port, '/page', { fields: { 'x-forwarded-for': '192.0.2.1' } })
  assert.equal(others.fields['server-timing'], undefined)
  assert.match(others.cache, /hit/)
})
