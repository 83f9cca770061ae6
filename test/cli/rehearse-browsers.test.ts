// Real browsers beside the crowd: what a page felt like, and that nothing is fetched from a host that has not agreed.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { feltBy, feltText, type PageLoad } from '../../src/rehearse/browsers/felt.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

test('--browsers 1: Chromium loads whole pages as a stranger, and tells when they were seen and loaded', async t => {
  let elsewhere = 0
  const other = createServer((_request, response) => void (elsewhere++, response.end()))
  await once(other.listen(0, '127.0.0.2'), 'listening')
  const [asked, cookies] = [new Map<string, number>(), new Set<string | undefined>()]
  const site = createServer((request, response) => {
    const { url = '' } = request
    asked.set(url, (asked.get(url) ?? 0) + 1)
    if (url === '/style.css') return void response.setHeader('Content-Type', 'text/css').end('p { color: teal }')
    if (url === '/page') cookies.add(request.headers.cookie)
    response.setHeader('Content-Type', 'text/html').setHeader('Set-Cookie', 'seen=1')
    const far = [`http://127.0.0.2:${portOf(other)}/a.png`, `http://localhost:${portOf(other)}/b.png`]
    response.end(`<!doctype html><link rel="stylesheet" href="/style.css"><p>A page</p>${far.map(src => `<img src="${src}">`).join('')}`) // prettier-ignore
  })
  await once(site.listen(0, '127.0.0.1'), 'listening')
  t.after(() => [site, other].forEach(each => each.close().closeAllConnections()))

  const target = `http://127.0.0.1:${portOf(site)}/page`
  const { out, err } = await rehearse([target, '--rate', '2', '--seconds', '12', '--browsers', '1', '--json'])
  const told = JSON.parse(out) as { requests: number; browsers: ReturnType<typeof feltBy> }
  const [felt] = told.browsers
  assert.equal(felt?.ratePerSecond, 2, err)
  assert.ok(felt.loads > 0 && felt.lost === 0, JSON.stringify(felt))
  assert.ok(felt.loadedMs!.p50 > 0 && felt.paintedMs!.p95 > 0, JSON.stringify(felt))
  assert.ok(asked.get('/style.css')! >= felt.loads, 'whole pages')
  assert.equal(elsewhere, 0, 'a host that has not agreed is asked for nothing')
  assert.ok(cookies.has(undefined))
})

test('without a browser it says what to install, and sends nobody', async t => {
  let asked = 0
  const site = createServer((_request, response) => void (asked++, response.end()))
  await once(site.listen(0, '127.0.0.1'), 'listening')
  t.after(() => site.close().closeAllConnections())
  const { code, err } = await rehearse([`http://127.0.0.1:${portOf(site)}`, '--browsers', '1'], '/nowhere/chromium')
  assert.equal(code, 2)
  assert.match(err, /--browsers needs Chromium or Chrome: install it, or name it in BREAKWATER_BROWSER/)
  assert.ok(asked <= 1, 'the page was looked at once, for what the rehearsal is true of')
})

const load = (rate: number, loadedMs: number | null, fault: string | null = null): PageLoad => ({ rate, path: '/', paintedMs: loadedMs, loadedMs, fault }) // prettier-ignore

test('page loads are told for each rate of the crowd, and those that failed by why', () => {
  const felt = feltBy([load(20, 900), load(10, 100), load(10, 300), load(20, null, 'the answer is 503')])
  assert.deepEqual(felt[0], { ratePerSecond: 10, loads: 2, lost: 0, paintedMs: { p50: 300, p95: 300 }, loadedMs: { p50: 300, p95: 300 }, faults: [] }) // prettier-ignore
  assert.match(feltText(felt)[1]!, /^Real browsers beside 20 a second: 2 pages, .* 1 lost; the answer is 503$/)
})

const portOf = (server: Server): number => (server.address() as AddressInfo).port

function rehearse(args: string[], browser?: string): Promise<{ code: number; out: string; err: string }> {
  const env = browser === undefined ? process.env : { ...process.env, BREAKWATER_BROWSER: browser }
  return new Promise(resolve => {
    execFile(process.execPath, [MAIN, 'rehearse', ...args, '--no-keep'], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    )
  })
}
