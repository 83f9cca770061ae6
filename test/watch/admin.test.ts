// The admin address of a running process: the real watch thread, spoken to over real sockets.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Board, GlobalWord, Latency, latencyBucket } from '../../src/board/board.ts'
import { counterIndex, counterNames, outcomes } from '../../src/board/counters.ts'
import { scriptOf } from '../../src/threads/spawn.ts'
import { configOf, roles, startWith } from '../supervisor/fixtures/process.ts'
import type { Running } from '../supervisor/fixtures/process.ts'
import type { Second } from '../../src/watch/seconds.ts'
import type { Stats } from '../../src/watch/stats.ts'

interface Heard {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

interface Asking {
  method?: string
  headers?: Record<string, string>
  body?: string
}

const own = { watch: scriptOf('watch'), core: new URL('./fixtures/core.ts', import.meta.url) } as const
const cast = roles.map(role =>
  role.name === 'watch' || role.name === 'core' ? { ...role, script: own[role.name] } : role,
)
const data = mkdtempSync(join(tmpdir(), 'breakwater-'))
const loading: { errors: string[] } = { errors: ['breakwater.yaml:1: nonsense'] }
let running: Running
let token = ''

function ask(path: string, { method = 'GET', headers = {}, body }: Asking = {}): Promise<Heard> {
  const [hostname, port] = running.supervisor.admin.split(':')
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, method, headers, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }))
    })
    request.on('error', reject)
    request.end(body)
  })
}

const command = (method: string, path: string, body?: unknown): Promise<Heard> =>
  ask(path, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

const stats = async (): Promise<Stats> => JSON.parse((await ask('/api/stats')).text) as Stats

const list = async () => JSON.parse((await ask('/api/origins')).text) as { origins: Stats['origins'] }

/** Asks until `holds` does: the board is read once a second. */
async function eventually<T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look()
    if (holds(seen)) return seen
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

async function openLive(): Promise<{ leave: AbortController; response: Response }> {
  const leave = new AbortController()
  return { leave, response: await fetch(`http://${running.supervisor.admin}/api/live`, { signal: leave.signal }) }
}

describe('admin address', { timeout: 60_000 }, () => {
  before(async () => {
    const config = configOf({ data })
    running = await startWith({ config, roles: cast, source: { load: () => Promise.resolve(loading) } })
    token = readFileSync(join(data, 'admin-token'), 'utf8').trim()
  })
  after(async () => {
    await running.supervisor.drain()
    rmSync(data, { recursive: true })
  })

  it('keeps its address and a token that only its owner can read', () => {
    assert.equal(readFileSync(join(data, 'admin-address'), 'utf8'), `${running.supervisor.admin}\n`)
    assert.match(token, /^[\w-]{43}$/)
    assert.equal(statSync(join(data, 'admin-token')).mode & 0o777, 0o600)
  })

  it('says that the process is alive and ready', async () => {
    assert.equal((await ask('/healthz')).status, 200)
    const ready = await eventually(
      () => ask('/readyz'),
      ({ status }) => status === 200,
    )
    assert.deepEqual(JSON.parse(ready.text), { ready: true, reasons: [] })
  })

  it('tells in its numbers what edges wrote on the board', async () => {
    const { board } = running.supervisor
    Atomics.add(board.edge(0), counterIndex.begun, 42)
    Atomics.add(board.edge(0), counterIndex.hit, 30)
    Atomics.add(board.edge(1), counterIndex.pass, 10)
    Atomics.add(board.edge(1), counterIndex.shed, 2)
    Atomics.add(board.latency(0, Latency.fastLane), latencyBucket(900), 30)
    const seen = await eventually(stats, each => each.requests.total === 42)
    assert.equal(seen.requests.lost.total, 2)
    assert.equal(seen.latencies.fastLane.count, 30)
    assert.ok(Math.abs(seen.latencies.fastLane.p95! - 0.9) < 0.06)
    assert.deepEqual(seen.sites, [{ name: 'main', mode: 'normal', configured: 'normal', since: null, until: null }])
    assert.deepEqual(seen.accounts, { accepted: 42, answered: 40, lost: 2, open: 0, residue: 0 })
    assert.equal(seen.flights, 2)
    assert.equal(seen.store?.records, 3)
    assert.deepEqual(
      seen.origins.map(({ url, state, limit }) => ({ url, state, limit })),
      [{ url: 'http://127.0.0.1:9', state: 'up', limit: 64 }],
    )
    assert.equal(seen.threads.length, 4)
  })

  it('tells the mode of each site as the config in force has it', async () => {
    const [site] = running.supervisor.config.sites
    const config = { ...running.supervisor.config, sites: [{ ...site!, mode: 'spike' as const }] }
    assert.deepEqual(await running.supervisor.apply({ config }), [])
    assert.deepEqual((await stats()).sites, [
      { name: 'main', mode: 'spike', configured: 'spike', since: null, until: null },
    ])
  })

  it('gives every counter to Prometheus, by its conventions', async () => {
    const { headers, text } = await ask('/metrics')
    assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
    const lines = text.trimEnd().split('\n')
    for (const line of lines)
      assert.match(
        line,
        /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? (\d[\d.e+-]*|NaN))$/,
        line,
      )
    for (const outcome of outcomes)
      assert.ok(
        lines.some(line => line.startsWith(`breakwater_requests_total{outcome="${outcome}"} `)),
        outcome,
      )
    const sums = lines.filter(line => /^# TYPE breakwater_\w+ (counter|gauge)$/.test(line)).length
    assert.ok(sums > counterNames.length - outcomes.length)
    assert.ok(lines.includes('breakwater_request_duration_seconds_bucket{lane="fast",le="0.001024"} 30'))
    assert.ok(lines.includes('breakwater_request_duration_seconds_bucket{lane="fast",le="+Inf"} 30'))
    for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds'])
      assert.ok(text.includes(`# TYPE ${name} `), name)
    const typed = lines.filter(line => line.startsWith('# TYPE ')).map(line => line.split(' ')[2])
    assert.equal(new Set(typed).size, typed.length, 'each metric is there once')
  })

  it('shows a page that takes nothing from elsewhere, and has every file that it names', async () => {
    const { headers, text } = await ask('/')
    assert.match(
      String(headers['content-security-policy']),
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    )
    assert.doesNotMatch(text, /(?:src|href|action)="(?:https?:|\/\/)|<script>|<style|style=|\son\w+=/)
    const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' }
    const named = [...text.matchAll(/(?:href|src)="(\/dashboard\/[^"]+\.(js|css|svg))"/g)]
    assert.ok(named.length >= 5)
    for (const [, path, kind] of named) {
      const file = await ask(path!)
      assert.equal(file.headers['content-type'], types[kind as keyof typeof types])
      assert.ok(file.text.length > 200, `${path} is whole`)
    }
    const imported = [...(await ask('/dashboard/main.js')).text.matchAll(/from '\.\/([^']+)'/g)].map(
      ([, name]) => name!,
    )
    assert.ok(imported.length >= 6)
    for (const name of imported) assert.equal((await ask(`/dashboard/${name}`)).status, 200, name)
  })

  it('tells the last quarter of an hour, and from then on each second', async () => {
    const history = JSON.parse((await ask('/api/history')).text) as { columns: Record<string, (number | null)[]> }
    const lengths = new Set(Object.values(history.columns).map(column => column.length))
    assert.equal(lengths.size, 1)
    assert.ok(history.columns['hit']!.some(rate => rate! > 0))
    assert.equal(history.columns['limit']!.at(-1), 64)
    const { response, leave } = await openLive()
    assert.equal(response.headers.get('content-type'), 'text/event-stream')
    const reader = response.body!.getReader()
    const decoder = new TextDecoder()
    let heard = ''
    while (heard.split('data: ').length < 3 || !heard.endsWith('\n\n'))
      heard += decoder.decode((await reader.read()).value as Uint8Array, { stream: true })
    leave.abort()
    const seconds = [...heard.matchAll(/^data: (.+)$/gm)].map(
      ([, line]) => JSON.parse(line!) as { second: Second; stats: Stats },
    )
    assert.ok(seconds[1]!.second.at! - seconds[0]!.second.at! > 0.5)
    assert.equal(seconds[0]!.second.limit, 64)
    assert.equal(seconds[0]!.stats.requests.total, 42)
    assert.equal((await ask('/api/live', { method: 'HEAD' })).text, '')
  })

  it('has so many live views at most, and lets one in when another has gone', async () => {
    // Kept whole: a response that nobody holds any more is closed by fetch.
    const views = await Promise.all(Array.from({ length: 64 }, openLive))
    assert.ok(views.every(({ response }) => response.status === 200))
    assert.equal((await ask('/api/live')).status, 503)
    for (const { leave } of views) leave.abort()
    await eventually(
      () => ask('/api/live', { method: 'HEAD' }),
      ({ status }) => status === 200,
    )
  })

  it('adds, drains and removes origins through core', async () => {
    const url = 'http://127.0.0.1:3001'
    const added = await command('POST', '/api/origins', { url })
    assert.equal(added.status, 201)
    assert.deepEqual(
      (await list()).origins.map(row => row.url),
      ['http://127.0.0.1:9', url],
    )
    assert.equal((await command('POST', '/api/origins/drain', { url })).status, 200)
    assert.equal((await list()).origins[1]?.state, 'draining')
    assert.equal((await command('DELETE', `/api/origins?url=${encodeURIComponent(url)}`)).status, 200)
    assert.equal((await list()).origins.length, 1)
  })

  it('says what is wrong with a command', async () => {
    const wrong = await command('POST', '/api/origins', { url: 'http://127.0.0.1:1', site: 'other' })
    assert.equal(wrong.status, 404)
    assert.equal(wrong.headers['content-type'], 'application/problem+json')
    assert.deepEqual(JSON.parse(wrong.text), {
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'There is no site "other".',
      code: 'unknown-site',
    })
    assert.equal((await command('POST', '/api/origins', {})).status, 422)
    assert.equal((await command('POST', '/api/origins', { url: 'http://a', weight: 2 })).status, 422)
    assert.equal((await command('POST', '/api/origins', [])).status, 400)
    assert.equal((await command('POST', '/api/origins', { url: 'http://slow' })).status, 503, 'core did not answer')
  })

  it('changes nothing without the token, and nothing that another site asks for', async () => {
    const nobody = await ask('/api/drain', { method: 'POST' })
    assert.equal(nobody.status, 401)
    assert.equal(nobody.headers['www-authenticate'], 'Bearer realm="Breakwater"')
    const page = await ask('/api/drain', {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Sec-Fetch-Site': 'cross-site' },
    })
    assert.equal(page.status, 403)
    assert.equal((await ask('/api/stats', { headers: { Host: 'rebound.example' } })).status, 403)
    assert.equal((await ask('/healthz', { headers: { Host: 'rebound.example' } })).status, 403)
    assert.equal(running.supervisor.state.phase, 'serving')
  })

  it('refuses unknown paths, wrong methods, large and unreadable bodies', async () => {
    assert.equal((await ask('/nothing')).status, 404)
    const wrong = await ask('/api/origins', { method: 'PUT' })
    assert.equal(wrong.status, 405)
    assert.equal(wrong.headers['allow'], 'GET, HEAD, POST, DELETE')
    const auth = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
    const large = await ask('/api/origins', { method: 'POST', headers: auth, body: ' '.repeat(70_000) })
    assert.equal(large.status, 413)
    assert.equal((await ask('/api/origins', { method: 'POST', headers: auth, body: '{' })).status, 400)
    const form = { ...auth, 'Content-Type': 'text/plain' }
    assert.equal((await ask('/api/origins', { method: 'POST', headers: form, body: '{}' })).status, 415)
    const head = await ask('/healthz', { method: 'HEAD' })
    assert.deepEqual([head.status, head.headers['content-length'], head.text], [200, '6', ''])
  })

  it('says so when a new config is wrong, and goes on', async () => {
    const refused = await command('POST', '/api/reload')
    assert.equal(refused.status, 422)
    assert.deepEqual((JSON.parse(refused.text) as { errors: string[] }).errors, loading.errors)
    assert.deepEqual((await stats()).config.refused?.errors, loading.errors)
  })

  it('is not ready when core has stalled for more than five seconds', async () => {
    const { global } = new Board(running.supervisor.board.memory)
    Atomics.store(global, GlobalWord.coreTick, Math.floor(Date.now() / 1000) - 60)
    const { status, text } = await ask('/readyz')
    assert.equal(status, 503)
    assert.match(text, /The core thread has stalled for (60|61) s/)
  })

  it('drains the process when told to', async () => {
    assert.equal((await command('POST', '/api/drain')).status, 202)
    assert.equal(await running.supervisor.ended, 0)
  })
})
