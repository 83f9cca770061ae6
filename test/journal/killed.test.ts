// The whole program, killed in the middle of its work: it comes back with what it had, before visitors can ask.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { after, before, test } from 'node:test'
import { Shield } from '../fixtures/shield.ts'

const agent = new Agent({ keepAlive: true, maxSockets: 8 })
/** GET requests that reached the origin, by path. */
const fetched = new Map<string, number>()
let origin: Server

/** What stands under a path: different each time it is asked for, and able to prove that it is whole. */
function page(path: string, times: number): string {
  const text = `${path} ${times} ${'x'.repeat((path.length * 997) % 20_000)}`
  return `${createHash('sha256').update(text).digest('hex')} ${text}`
}

function isWhole(body: string): boolean {
  return createHash('sha256').update(body.slice(65)).digest('hex') === body.slice(0, 64)
}

before(async () => {
  origin = createServer((req, res) => {
    const path = req.url!
    const times = (fetched.get(path) ?? 0) + 1
    if (req.method === 'GET') fetched.set(path, times)
    res.setHeader('Cache-Control', 'max-age=600')
    if (path.startsWith('/vary')) res.setHeader('Vary', 'Accept-Language')
    res.end(page(`${path} ${req.headers['accept-language'] ?? ''}`, times))
  })
  await new Promise<void>(resolve => origin.listen(0, '127.0.0.1', resolve))
})

after(() => {
  agent.destroy()
  origin.close()
})

interface Got {
  body: string
  isHit: boolean
}

function ask(shield: Shield, path: string, { method = 'GET', language = 'en' } = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    // The port is another after the restart, the site is not.
    const headers = { Host: 'site.example', 'Accept-Language': language }
    request(shield.url + path, { agent, method, headers }, response => {
      let body = ''
      response.setEncoding('latin1').on('data', (text: string) => (body += text))
      response.on('error', reject)
      response.on('end', () => resolve({ body, isHit: /; hit/.test(String(response.headers['cache-status'])) }))
    })
      .on('error', reject)
      .end()
  })
}

test('killed under writes and started again, it serves what it had stored, whole, and nothing that was invalidated', async t => {
  const origins = [`http://127.0.0.1:${(origin.address() as AddressInfo).port}`]
  await using first = await Shield.start({ origins })
  const stored = new Map<string, string>()
  const languages = ['de', 'fr']
  for (const language of languages) await ask(first, '/vary', { language })
  const paths = Array.from({ length: 300 }, (_, i) => `/page-${i}`)
  await Promise.all(paths.map(async path => stored.set(path, (await ask(first, path)).body)))
  await ask(first, '/page-7', { method: 'POST' })
  // Writes go on until the very end.
  const over = new AbortController()
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let i = 0; !over.signal.aborted; i++) await ask(first, `/late-${writer}-${i}`).catch(() => over.abort())
  })
  while (fetched.size < 700) await new Promise(resolve => setTimeout(resolve, 5))
  const gone = new Promise(resolve => first.child.process.once('exit', resolve))
  first.kill('SIGKILL')
  await gone
  over.abort()
  await Promise.all(writers)
  const before = new Map(fetched)

  await using second = await Shield.start({ origins, data: first.data })
  const [loaded] = await second.heard('store-loaded')
  t.diagnostic(`${String(loaded?.['restored'])} of ${before.size} responses came back in ${String(loaded?.['ms'])} ms`)
  const again = await Promise.all(paths.map(async path => ({ path, got: await ask(second, path) })))
  for (const { path, got } of again) {
    assert.equal(got.isHit, path !== '/page-7', path)
    assert.ok(isWhole(got.body))
    if (got.isHit) assert.equal(got.body, stored.get(path))
  }
  for (const language of languages) {
    const got = await ask(second, '/vary', { language })
    assert.ok(got.isHit && got.body.includes(`/vary ${language}`))
  }
  let lost = 0
  const late = [...before.keys()].filter(path => path.startsWith('/late'))
  for (const { isHit, body } of await Promise.all(late.map(path => ask(second, path)))) {
    assert.ok(isWhole(body))
    if (!isHit) lost++
  }
  t.diagnostic(`${lost} of those stored in the last milliseconds were not on disk yet`)
  // The last of eight connections, and what one write of the journal held.
  assert.ok(lost <= 64, `${lost} lost`)
})

test('ended in order and started again, not one response is lost', async () => {
  const origins = [`http://127.0.0.1:${(origin.address() as AddressInfo).port}`]
  await using first = await Shield.start({ origins })
  await Promise.all(Array.from({ length: 200 }, (_, i) => ask(first, `/orderly-${i}`)))
  assert.equal(await first.stop(), 0)
  await using second = await Shield.start({ origins, data: first.data })
  const again = await Promise.all(Array.from({ length: 200 }, (_, i) => ask(second, `/orderly-${i}`)))
  assert.equal(again.filter(({ isHit }) => isHit).length, 200)
})
