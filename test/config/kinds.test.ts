// Values with units, addresses and patterns: what is taken, and what is refused with which word.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { MAX_EDGES } from '../../src/board/board.ts'
import { Refusal, formatted } from '../../src/config/kind.ts'
import type { Kind, Surroundings } from '../../src/config/kind.ts'
import { concurrency } from '../../src/config/kinds/concurrency.ts'
import { fieldValues, pathPattern } from '../../src/config/kinds/http.ts'
import { hostPattern, hostToSend, listenAddress, network, originUrl } from '../../src/config/kinds/network.ts'
import { perMode } from '../../src/config/kinds/per-mode.ts'
import { countedBy } from '../../src/config/kinds/rate.ts'
import { listOf } from '../../src/config/kinds/scalar.ts'
import { MOST_EDGES, threads } from '../../src/config/kinds/threads.ts'
import { duration, memoryShare, percent, size } from '../../src/config/kinds/unit.ts'
import { rows } from '../../src/config/rows.ts'

const machine: Surroundings = {
  env: {},
  memory: 4 * 2 ** 30,
  cpus: 4,
  resolvePath: path => `/config/${path}`,
  readFile: () => 'text',
}

const read = <T>(kind: Kind<T, unknown>, given: unknown): T => {
  const value = kind.read(given, machine)
  assert.ok(!(value instanceof Refusal), `refused ${JSON.stringify(given)}`)
  return value
}

const refused = (kind: Kind<unknown, unknown>, given: unknown): string => {
  const value = kind.read(given, machine)
  assert.ok(value instanceof Refusal, `took ${JSON.stringify(given)}`)
  return value.code
}

test('durations become milliseconds, sizes bytes, percentages fractions', () => {
  const span = duration('0s', '30d')
  const cases = { '10s': 10_000, '5 min': 300_000, '250ms': 250, '1h': 3_600_000, '2d': 172_800_000, '1.5 s': 1500 }
  for (const [text, ms] of Object.entries(cases)) assert.equal(read(span, text), ms)
  const bytes = size('0 B', '1 TiB')
  for (const [text, count] of Object.entries({ '512 KiB': 524_288, '2GiB': 2 ** 31, '10 MB': 1e7, '0 B': 0 }))
    assert.equal(read(bytes, text), count)
  assert.equal(read(percent('0%', '100%'), '10%'), 0.1)
})

test('a number without unit is refused with a word on the unit', () => {
  for (const kind of [duration('0s', '1h'), size('0 B', '1 GiB'), percent('0%', '100%'), memoryShare('1 MiB')]) {
    assert.equal(refused(kind, 10), 'no-unit')
    assert.notEqual(kind.read('ten', machine), 10)
  }
  const refusal = duration('0s', '1h').read('10', machine)
  assert.ok(refusal instanceof Refusal)
  assert.match(refusal.message, /write 10s or 10ms/)
})

test('a value that is out of bounds or not understood says which of the two', () => {
  const span = duration('1s', '1h')
  assert.equal(refused(span, '10ms'), 'out-of-bounds')
  assert.equal(refused(span, '2h'), 'out-of-bounds')
  for (const given of ['10 parsecs', '-1s', '1e3s', '', ' 10s', '10s ', '10  s', '١s'])
    assert.equal(refused(span, given), 'bad-value')
  for (const given of [true, null, [], {}]) assert.equal(refused(span, given), 'wrong-type')
})

test('whatever a duration or size is shown as reads back as the same value', () => {
  const span = duration('0s', '365d')
  fc.assert(fc.property(fc.integer({ min: 0, max: 365 * 86_400_000 }), ms => read(span, formatted(span, ms)) === ms))
  const bytes = size('0 B', '1 TiB')
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1023 }), n => read(bytes, formatted(bytes, n * 2 ** 20)) === n * 2 ** 20),
  )
})

test('a share of the memory is taken of what the machine has', () => {
  const share = memoryShare('16 MiB')
  assert.equal(read(share, '25%'), 2 ** 30)
  assert.equal(read(share, '1 GiB'), 2 ** 30)
  assert.equal(refused(share, '95%'), 'out-of-bounds')
  assert.equal(refused(share, '4 KiB'), 'out-of-bounds')
  assert.equal(share.read('25%', { ...machine, memory: 2 ** 25 }), 2 ** 24, 'a small machine still gets what works')
})

test('addresses to listen on are read with and without a host', () => {
  const kind = listenAddress()
  assert.deepEqual(read(kind, '127.0.0.1:9900'), { host: '127.0.0.1', port: 9900 })
  assert.deepEqual(read(kind, '[::1]:80'), { host: '::1', port: 80 })
  for (const all of [8080, '8080', ':8080', '*:8080'])
    assert.deepEqual(read(kind, all), { host: '0.0.0.0', port: 8080 })
  for (const bad of ['127.0.0.1', '1.2.3.4:70000', '::1:80', 'http://x:80', '', '300.1.1.1:80', -1, 1.5])
    assert.equal(refused(kind, bad), 'bad-address')
})

test('a limit in flight is a number, or a way to find it out', () => {
  for (const good of ['auto', 'gradient', 'aimd', 1, 100_000]) assert.equal(read(concurrency(), good), good)
  for (const bad of [0, -1, 100_001]) assert.equal(refused(concurrency(), bad), 'out-of-bounds')
  for (const bad of ['fast', '8', 1.5, null, []]) assert.equal(refused(concurrency(), bad), 'wrong-type')
})

test('a rate counts by what there is to tell visitors apart', () => {
  for (const good of ['address', 'ticket', 'path', 'site', 'cookie:sid', 'header:X-Api-Key'])
    assert.equal(read(countedBy(), good), good)
  for (const bad of ['tickets', 'cookie', 'cookie:', 'header: X', 'ip'])
    assert.equal(refused(countedBy(), bad), 'bad-value')
})

test('networks are addresses with an optional prefix', () => {
  assert.deepEqual(read(network(), '10.0.0.0/8'), { address: '10.0.0.0', prefix: 8, family: 'ipv4' })
  assert.deepEqual(read(network(), '2001:db8::1'), { address: '2001:db8::1', prefix: 128, family: 'ipv6' })
  for (const bad of ['10.0.0.0/33', '10.0.0', '10.0.0.0/8/8', '::/129', '::1%eth0', '10.0.0.0/'])
    assert.equal(refused(network(), bad), 'bad-cidr')
})

test('hosts are lower-cased, names beyond ASCII encoded, ports and schemes refused', () => {
  assert.equal(read(hostPattern(), 'WWW.Example.ORG.'), 'www.example.org')
  assert.equal(read(hostPattern(), '*.Example.org'), '*.example.org')
  assert.equal(read(hostPattern(), 'bücher.example'), 'xn--bcher-kva.example')
  assert.equal(read(hostPattern(), '[::1]'), '[::1]')
  for (const bad of ['http://x', 'x:80', 'a*.example.org', '*.*', '', 'a b', '-a.example', 'x/y'])
    assert.equal(refused(hostPattern(), bad), 'bad-pattern')
  assert.equal(read(hostToSend(), 'Origin.example:8443'), 'origin.example:8443')
  assert.equal(refused(hostToSend(), '*.example.org'), 'bad-value')
})

test('an origin URL is scheme, host and port and nothing else', () => {
  assert.deepEqual(read(originUrl(), 'https://Origin.example:8443/'), {
    href: 'https://origin.example:8443',
    protocol: 'https',
    hostname: 'origin.example',
    port: 8443,
    authority: 'origin.example:8443',
  })
  assert.equal(read(originUrl(), 'http://[::1]').hostname, '::1')
  assert.equal(read(originUrl(), 'http://127.0.0.1').port, 80)
  for (const bad of [
    'origin.example',
    'ftp://x',
    'http://',
    'http://u:p@x',
    'http://x/path',
    'http://x?q',
    'http://x y',
  ])
    assert.equal(refused(originUrl(), bad), 'bad-url')
})

test('a value per mode falls back to the mode before it', () => {
  const kind = perMode(duration('0s', '1h'))
  assert.deepEqual(read(kind, '1s'), { normal: 1000, spike: 1000, frozen: 1000 })
  assert.deepEqual(read(kind, { normal: '1s', frozen: '3s' }), { normal: 1000, spike: 1000, frozen: 3000 })
  assert.deepEqual(read(kind, { spike: '2s' }), { normal: undefined, spike: 2000, frozen: 2000 })
  assert.equal(refused(kind, { spikes: '2s' }), 'unknown-option')
})

test('a list may be one value, and names the element that is wrong', () => {
  const kind = listOf(pathPattern(), 2)
  assert.deepEqual(read(kind, '/a'), ['/a'])
  assert.equal(refused(kind, ['/a', '/b', '/c']), 'out-of-bounds')
  const refusal = kind.read(['/a', 'b'], machine)
  assert.ok(refusal instanceof Refusal)
  assert.deepEqual(refusal.at, [1])
})

test('rules cannot touch framing fields, nor smuggle lines into values', () => {
  assert.deepEqual(read(fieldValues(), { 'X-A': 'b c' }), [['X-A', 'b c']])
  const byMode = { normal: undefined, spike: 'busy', frozen: 'busy' }
  assert.deepEqual(read(fieldValues(), { 'X-A': { spike: 'busy' } }), [['X-A', byMode]])
  assert.equal(refused(fieldValues(), { 'X-A': { spike: 'a\r\nb: c' } }), 'bad-value')
  assert.equal(refused(fieldValues(), { 'X-A': { busy: 'b' } }), 'unknown-option')
  for (const name of ['Content-Length', 'transfer-encoding', 'Host', 'Breakwater-Mode', 'a b', ''])
    assert.equal(refused(fieldValues(), { [name]: 'x' }), 'bad-value')
  for (const value of ['a\r\nb: c', 'a\0', ' a', 'a '])
    assert.equal(refused(fieldValues(), { 'X-A': value }), 'bad-value')
})

test('every default and example of the table is taken by its own kind', async () => {
  const anything = new Proxy<Record<string, string>>({}, { get: () => 'x'.repeat(64) })
  const { parse } = await import('yaml')
  for (const { path, node } of rows()) {
    if (node.node !== 'option') continue
    if (node.default !== undefined) read(node.kind, node.default)
    read(
      {
        ...node.kind,
        read: given => node.kind.read(given, { ...machine, env: anything, readFile: () => 'x'.repeat(64) }),
      },
      parse(node.example),
    )
    assert.match(node.prose, /^[A-Z`].*\.$/s, `the prose of ${path} is a sentence`)
  }
})

test('there may be as many edge threads as the board has rows for, less one for the journal', () => {
  assert.equal(MOST_EDGES, MAX_EDGES - 1)
  assert.equal(read(threads(), 'auto'), 4)
  assert.equal(read(threads(), MOST_EDGES), MOST_EDGES)
  assert.equal(refused(threads(), MOST_EDGES + 1), 'out-of-bounds')
  const many = threads().read('auto', { ...machine, cpus: 128 })
  assert.equal(many, MOST_EDGES)
})
