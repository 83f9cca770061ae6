// Those who would have the cache keep what is another's, or serve what was never asked: by bodies where none belong, by
// spellings of a path, by fields that name another address, by names that promise a kind of file, by sheer size.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { HOST, ask } from '../fixtures/visitor.ts'

/** Spellings that one server or another takes for the same path, or for two. */
const SPELLINGS = [
  ...[
    '/admin',
    '/Admin',
    '/admin/',
    '//admin',
    '/admin//',
    '/admin;x=1',
    '/admin;',
    '/admin%3bx',
    '/admin%00',
    '/admin%00.css',
  ],
  ...[
    '/admin%2f',
    '/%61dmin',
    '/x/../admin',
    '/x/..;/admin',
    '/x%2f..%2fadmin',
    '/./admin',
    '/admin/.',
    '/admin/%2e',
    '/admin.css',
  ],
  ...[
    '/admin%20',
    '/admin?',
    '/admin?a',
    '/admin?a=',
    '/admin??',
    '/admin?a;b',
    '/admin%3fa',
    '/admin?A',
    '/admin%5c',
    '/admin\\',
  ],
  ...[
    '/admin%c0%af',
    '/admin%',
    '/admin%zz',
    '/admin?a=1&a=2',
    '/admin?a=2&a=1',
    '/admin?&',
    '/ADMIN%2F',
    '/admin%252f',
  ],
]

/** Sends the bytes on a connection of their own and gathers what comes until the server ends it. */
const raw = (port: number, bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'))
    let text = ''
    socket.setEncoding('latin1').on('data', chunk => (text += String(chunk)))
    socket.on('error', reject).on('close', () => resolve(text))
  })

const head = (method: string, target: string, ...lines: string[]): string =>
  [`${method} ${target} HTTP/1.1`, `Host: ${HOST}`, ...lines, '', ''].join('\r\n')
const statuses = (text: string): number[] => [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(found => Number(found[1]))

describe('enemies', { timeout: 60_000 }, () => {
  let origin: Origin
  let shield: Shield
  before(async () => {
    const fields = { 'cache-control': 'max-age=60', 'content-type': 'text/html' }
    origin = await Origin.start({
      '/long': { fields: { ...fields, vary: 'x-long' }, body: 'long' },
      '/wide': { fields: { ...fields, 'x-wide': 'w'.repeat(15_000), 'x-wider': 'w'.repeat(18_000) }, body: 'wide' },
      '/account/me.css': { fields: { 'content-type': 'text/html' }, body: 'mine' },
      '*': ({ target, body }) => ({ fields, body: `<${target}>${body.toString()}` }),
    })
    shield = await Shield.start({ origins: [origin.url] })
  })
  after(async () => {
    await shield[Symbol.asyncDispose]()
    await origin.stop()
  })
  const hits = async (path: string): Promise<boolean> => /; hit/.test((await ask(shield.port, path)).cache)

  it('a GET with a body is answered by the origin, and neither kept nor answered from what is kept', async () => {
    const lines = ['Content-Length: 8', 'Content-Type: application/x-www-form-urlencoded']
    const close = head('GET', '/body', 'Connection: close')
    const first = await raw(shield.port, `${head('GET', '/body', ...lines)}evil=yes${close}`)
    assert.deepEqual(statuses(first), [200, 200])
    assert.match(first, /<\/body>evil=yes[^]*<\/body>$/)
    assert.ok(await hits('/body'))
    const second = await raw(shield.port, `${head('GET', '/body', ...lines)}evil=too${close}`)
    assert.match(second, /<\/body>evil=too/)
    assert.equal((await ask(shield.port, '/body')).text, '</body>')
  })

  it('no answer from the store leaves a body unread, to be taken for the next request', async () => {
    await ask(shield.port, '/kept')
    const hidden = head('GET', '/hidden')
    const chunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'DELETE'])
      for (const [line, body] of [
        [`Content-Length: ${hidden.length}`, hidden],
        ['Transfer-Encoding: chunked', chunk],
      ] as const) {
        const bytes =
          head('GET', '/kept') + head(method, '/kept', line) + body + head('GET', '/kept', 'Connection: close')
        assert.equal(statuses(await raw(shield.port, bytes)).length, 3, `${method} ${line}`)
      }
    assert.equal(origin.of('/hidden').length, 0)
  })

  it('the origin is asked for each spelling of a path as it was sent, and no spelling is answered with another', async () => {
    for (const target of SPELLINGS)
      for (const time of ['first', 'second']) {
        const text = await raw(shield.port, head('GET', target, 'Connection: close'))
        assert.deepEqual([target, time, statuses(text)], [target, time, [200]])
        assert.ok(text.endsWith(`<${target}>`), `${target}, the ${time} time: ${text}`)
        assert.match(text, time === 'first' ? /; fwd=uri-miss;/ : /; hit;/, `${target}, the ${time} time`)
      }
    const asked = new Set(origin.asked.map(({ target }) => target))
    for (const target of SPELLINGS) assert.ok(asked.has(target), target)
  })

  it('fields that name another address, host or method go no further, in whatever way they are spelled', async () => {
    const names = [
      ...[
        'X-Forwarded-Host',
        'x_forwarded_host',
        'X-Original-URL',
        'X_Original_URL',
        'X-Rewrite-URL',
        'X-HTTP-Method-Override',
      ],
      ...[
        'Forwarded',
        'X-Host',
        'X-Forwarded-Server',
        'Proxy',
        'X-Real-IP',
        'True-Client-IP',
        'X-Middleware-Subrequest',
      ],
    ]
    const came = await raw(
      shield.port,
      head('GET', '/poisoned', ...names.map(name => `${name}: evil.example`), 'Connection: close'),
    )
    const told = JSON.stringify(origin.of('/poisoned').map(({ fields }) => fields))
    assert.deepEqual([statuses(came).length, told.includes('evil')], [1, false], told)
  })

  it('a page under the name of a style sheet is kept no more than under its own', async () => {
    for (let time = 0; time < 2; time++) {
      assert.match((await ask(shield.port, '/account/me.css')).cache, /stored=\?0; detail=of-no-use/)
    }
  })

  it('keys and header sections beyond their bounds are counted, refused by name, and stand in nobody’s way', async () => {
    const fields = { 'x-long': 'l'.repeat(13_000) }
    assert.match((await ask(shield.port, '/long', { fields })).cache, /detail=key-over-bound/)
    await ask(shield.port, '/long')
    assert.ok(await hits('/long'), 'others share it all the same')
    for (let time = 0; time < 2; time++) {
      assert.match(await raw(shield.port, head('GET', '/wide', 'Connection: close')), /detail=header-over-bound/)
    }
    await until('they are counted', async () => {
      const { counters } = await shield.stats()
      return (counters as unknown as Record<string, { total: number }>)['overBound']!.total === 3
    })
  })
})
