// `breakwater rehearse` as a person or a program runs it.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { shapeFrom } from '../../src/cli/rehearse/flags.ts'
import { until } from '../fixtures/until.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'breakwater-rehearse-'))
const agents = new Set<string>()
const asked: string[] = []
let siteVersion = '1'
const site = createServer((request, response) => {
  agents.add(request.headers['user-agent'] ?? '')
  if (request.url !== undefined) asked.push(request.url)
  response.setHeader('X-Version', siteVersion)
  const answer = (): unknown => response.writeHead(request.url === '/gone' ? 404 : 200).end('Hello')
  if (request.url === '/slow') setTimeout(answer, 300)
  else answer()
})
let url = ''

before(async () => {
  await once(site.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
})
after(() => {
  site.close()
  rmSync(folder, { recursive: true })
})

test('a steady crowd with --json: one object on stdout and nothing else, exit 0', async () => {
  const { code, out } = await rehearse([url, '--rate', '50', '--seconds', '2', '--seed', '4', '--json'])
  const lines = out.trim().split('\n')
  assert.equal(lines.length, 1)
  const report = JSON.parse(lines[0]!) as { good: number; planned: number; kept: boolean; valid: boolean; seed: number }
  assert.deepEqual([report.kept, report.seed, report.good], [true, 4, report.planned])
  assert.equal(code, report.valid ? 0 : 3)
  for (const agent of agents) assert.match(agent, /Breakwater-Rehearsal/)
})

test('a site that does not keep its promise: exit 1, and why', async () => {
  const { code, out } = await rehearse([`${url}/gone`, '--rate', '20', '--seconds', '1'])
  assert.match(out, /did not keep its promise: 100\.0% of the views were lost/)
  assert.ok(code === 1 || code === 3, `exit ${code}`)
})

test('a run that is not valid says nothing about the site: exit 3, and why', async () => {
  const { code, out } = await rehearse([`${url}/slow`, '--rate', '100', '--seconds', '1', '--connections', '1'])
  assert.equal(code, 3)
  assert.match(out, /The run is not valid: .*found every connection busy/)
  assert.match(out, /So it says nothing about the site/)
  assert.doesNotMatch(out, /kept its promise/)
})

test('--html writes one page with charts that loads nothing; thresholds decide the exit code', async () => {
  const page = join(folder, 'rehearsal.html')
  const crowd = [url, '--rate', '40', '--seconds', '2', '--html', page, '--json']
  const { code, out } = await rehearse([...crowd, '--threshold', 'lost<0.1%', '--threshold', 'apdex>1.5'])
  const { valid, thresholds } = JSON.parse(out) as {
    valid: boolean
    thresholds: { threshold: string; kept: boolean }[]
  }
  assert.deepEqual(thresholds.map(each => [each.threshold, each.kept]), [['lost<0.1%', true], ['apdex>1.5', false]]) // prettier-ignore
  assert.equal(code, valid ? 1 : 3)
  const html = readFileSync(page, 'utf8')
  assert.match(html, /<h1>Rehearsal of http:\/\/127\.0\.0\.1/)
  for (const title of ['What was found', 'Thresholds', 'Second by second', 'The slowest routes']) assert.match(html, new RegExp(`<h2>${title}`)) // prettier-ignore
  assert.ok(html.includes('<svg') && !/<script|src=|@import/.test(html), 'it loads nothing')
  assert.match(html, /GET \//)
  const wrong = await rehearse([url, '--threshold', 'p59<3'])
  assert.deepEqual([wrong.code, /Did you mean p50/.test(wrong.err)], [2, true])
})

test('gauges that cannot be read are told before anybody is sent, without their secrets', async () => {
  const { code, err } = await rehearse([url, '--postgres', 'postgres://ann:secret@127.0.0.1:1/shop'])
  assert.equal(code, 2)
  assert.match(err, /The gauges of postgres:\/\/127\.0\.0\.1:1\/shop cannot be read: .*ECONNREFUSED/)
  assert.doesNotMatch(err, /secret/)
})

test('a journey that cannot be read is shown with its line, and nobody is sent', async () => {
  const file = join(folder, 'wrong.yaml')
  writeFileSync(file, 'steps:\n  - gett: /\n')
  const { code, err } = await rehearse([url, '--journey', file])
  assert.equal(code, 2)
  assert.match(err, /wrong\.yaml:2:5 {2}unknown-option/)
  assert.match(err, /did you mean get\?/)
})

test('another machine is refused with what to do', async () => {
  const { code, err } = await rehearse(['http://192.0.2.7', '--find-wall'])
  assert.equal(code, 2)
  assert.match(err, /another machine.*rehearsal\.hosts/)
})

test('Ctrl-C in the middle of a search: a partial report, exit 130, nothing left', async () => {
  const page = join(folder, 'partial.html')
  const before = asked.length
  const child = start([url, '--find-wall', '--json', '--html', page])
  const end = ended(child)
  // The page is looked at once beforehand; what comes after that is the crowd.
  await until('the crowd has come', () => asked.length > before + 3, 60_000)
  child.kill('SIGINT')
  const { code, out } = await end
  assert.equal(code, 130)
  const report = JSON.parse(out) as { valid: boolean; wall: null; culprit: null; faults: string[]; levels: object[] }
  assert.deepEqual([report.valid, report.wall, report.culprit, report.faults], [false, null, null, ['it was stopped']])
  assert.ok(report.levels.length >= 1)
  assert.match(readFileSync(page, 'utf8'), /it was stopped/)
})

test('a rehearsal that still holds is not played again, and is when the version of the site has changed', async () => {
  const crowd = [url, '--rate', '20', '--seconds', '1', '--if-stale', '--data', join(folder, 'kept')]
  const first = await rehearse(crowd)
  assert.match(first.out, /There is no earlier answer to this question/)
  const [, name] = /Kept as (\S+)\./.exec(first.out) ?? []
  const before = asked.length
  const second = await rehearse(crowd)
  assert.match(second.out, new RegExp(`The rehearsal ${name} still holds: \\d+ good and 0 lost views`))
  assert.ok(asked.length <= before + 1, 'only the version was asked for')
  siteVersion = '2'
  const third = await rehearse(crowd)
  assert.match(third.out, /is stale.\n {2}the version of the site has changed, from 1 to 2/)
  const listed = await ended(run(['rehearsals', '--json', '--data', join(folder, 'kept')]))
  const kept = JSON.parse(listed.out) as { name: string; fingerprint: { version: string } }[]
  assert.deepEqual(
    kept.map(each => each.fingerprint.version),
    ['1', '2'],
  )
  const short = await ended(run(['rehearsals', 'compare', 'previous', 'latest', '--data', join(folder, 'kept')]))
  assert.equal(short.code, 2)
  assert.match(short.err, /too short: each needs 20 s/)
})

test('an access log is played again, as many times as asked for', async () => {
  const log = join(folder, 'access.log')
  writeFileSync(log, [1, 1, 2, 3, 3].map(logLine).join(''))
  const { out } = await rehearse([url, '--as', log, '--times', '8', '--no-keep'])
  assert.match(out, /5 requests to play\.\nThe busiest 3 s of it, from 2026-11-21T19:00:01\.000Z, 8 times as many/)
  const logged = asked.filter(path => path.startsWith('/logged/'))
  assert.ok(logged.length > 10 && new Set(logged).size === 3, `${logged.length} views`)
})

test('--as yesterday plays what the access log of the shield has of that day, in whole visits when asked to', async () => {
  const log = join(folder, 'shield.log')
  const yesterday = new Date().setHours(0, 0, 0, 0) - 6 * 3_600_000
  const line = (ms: number, client: string, target: string): string =>
    `${JSON.stringify({ at: new Date(yesterday + ms).toISOString(), client, target, method: 'GET', status: 200, userAgent: 'B' })}\n`
  const today = JSON.stringify({ at: new Date().toISOString(), client: 'x', target: '/today', method: 'GET', status: 200 }) // prettier-ignore
  writeFileSync(log, `${['a', 'b', 'c', 'd'].map(client => line(0, client, '/first') + line(1000, client, '/second')).join('')}${today}\n`) // prettier-ignore
  const config = join(folder, 'shield.json')
  writeFileSync(
    config,
    JSON.stringify({ sites: [{ hosts: 'a.example', origins: 'http://127.0.0.1:1' }], accessLog: { file: log } }),
  )
  const before = asked.length
  const { out, err } = await rehearse([
    url,
    '--as',
    'yesterday',
    '--visits',
    '--times',
    '10',
    '-c',
    config,
    '--no-keep',
  ])
  assert.match(out, /8 requests to play\.\nThe busiest 2 s of it, .* 10 times as many\.\n4 visits begin in it/, err)
  const logged = asked.slice(before)
  const of = (path: string): number => logged.filter(each => each === path).length
  assert.ok(of('/first') > 15 && of('/second') > 0 && of('/today') === 0, `${of('/first')} and ${of('/second')}`)
  const none = await rehearse([url, '--as', 'yesterday', '--visits', '--no-keep'])
  assert.equal(none.code, 2)
  assert.match(none.err, /--visits needs an access log/)
})

test('shapes are read with all their numbers', () => {
  assert.deepEqual(shapeFrom('step:rates=1+2+3,every=5'), { kind: 'step', rates: [1, 2, 3], every: 5 })
  assert.throws(() => shapeFrom('ramp:from=1,to=2'), /A ramp has from=N,to=N,over=N/)
  assert.throws(() => shapeFrom('flashcrowd:'), /Did you mean flash-crowd/)
  assert.throws(() => shapeFrom('spike:base=1,people=x,at=1,within=1'), /people must be 0 or more/)
})

const logLine = (second: number): string =>
  `::1 - - [21/Nov/2026:19:00:0${second} +0000] "GET /logged/${second} HTTP/1.1" 200 5\n`

interface Ended {
  code: number | null
  out: string
  err: string
}

const run = (args: string[]): ChildProcess => spawn(process.execPath, [MAIN, ...args], { stdio: 'pipe', cwd: folder })
const start = (args: string[]): ChildProcess => run(['rehearse', ...args])
const rehearse = (args: string[]): Promise<Ended> => ended(start(args))

async function ended(child: ChildProcess): Promise<Ended> {
  const said = { out: '', err: '' }
  child.stdout!.on('data', (bytes: Buffer) => (said.out += bytes.toString()))
  child.stderr!.on('data', (bytes: Buffer) => (said.err += bytes.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...said }
}
