// A crowd that is played again from an access log.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parseLogLine } from '../../src/rehearse/log-line.ts'
import { readRecording } from '../../src/rehearse/recording.ts'

const folder = mkdtempSync(join(tmpdir(), 'recording-'))
after(() => rmSync(folder, { recursive: true }))

const combined = (second: number, target: string, { status = 200, method = 'GET' } = {}): string =>
  `198.51.100.7 - - [21/Nov/2026:20:00:${String(second).padStart(2, '0')} +0100] "${method} ${target} HTTP/1.1" ${status} 512 "-" "Browser (a; b)"`

function logOf(lines: string[]): string {
  const file = join(folder, `${Math.random()}.log`)
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

test('a line of the combined, the common and the JSON format tells when, what and how it ended', () => {
  const second = Date.parse('2026-11-21T19:00:05Z') / 1000
  const asked = { second, method: 'GET', target: '/a?b=c', status: 200, requests: 1 }
  assert.deepEqual(parseLogLine(combined(5, '/a?b=c')), { ...asked, client: '198.51.100.7 Browser (a; b)' })
  assert.deepEqual(parseLogLine('::1 - ada [21/Nov/2026:19:00:05 +0000] "GET /a?b=c HTTP/1.0" 200 12'), {
    ...asked,
    client: '::1 ',
  })
  const expected = { ...asked, client: '' }
  const json = { time: '2026-11-21T19:00:05.120Z', method: 'GET', target: '/a?b=c', status: 200 }
  assert.deepEqual(parseLogLine(JSON.stringify(json)), expected)
  assert.deepEqual(parseLogLine(JSON.stringify({ ts: second + 0.7, url: 'https://example.org/a?b=c' })), expected)
  assert.deepEqual(parseLogLine(JSON.stringify({ ...json, time: (second + 0.7) * 1000 })), expected)
  for (const line of ['nonsense', '{"half', '{}', '1 2 [21/Nox/2026:19:00:05 +0000] "GET / HTTP/1.1" 200 1']) {
    assert.equal(parseLogLine(line), undefined, line)
  }
})

test('the own access log of a shield is read, with who asked, and a line of a sample stands for more', () => {
  const own =
    '{"at":"2026-11-21T19:00:05.120Z","client":"203.0.113.9","site":"www","method":"GET","target":"/a","status":200,"userAgent":"B","share":0.1}'
  const second = Date.parse('2026-11-21T19:00:05Z') / 1000
  assert.deepEqual(parseLogLine(own), {
    second,
    method: 'GET',
    target: '/a',
    status: 200,
    client: '203.0.113.9 B',
    requests: 10,
  })
})

test('the busiest part is played, with its pages by how often they were asked for', async () => {
  const lines = [
    combined(1, '/quiet'),
    ...[30, 30, 30, 31, 33].map(second => combined(second, '/front')),
    combined(33, '/other'),
    combined(33, '/form', { method: 'POST' }),
    combined(33, '/broken', { status: 502 }),
    'nonsense',
  ]
  const { rates, from, paths, used, other, unread } = await readRecording(logOf(lines), 4)
  assert.deepEqual(rates, [3, 1, 0, 2])
  assert.equal(new Date(from * 1000).toISOString(), '2026-11-21T19:00:30.000Z')
  assert.deepEqual(paths, [
    { path: '/front', weight: 5 },
    { path: '/quiet', weight: 1 },
    { path: '/other', weight: 1 },
  ])
  assert.deepEqual({ used, other, unread }, { used: 7, other: 2, unread: 1 })
})

test('a log shorter than what is asked for is played whole', async () => {
  const { rates } = await readRecording(logOf([combined(2, '/'), combined(4, '/')]), 60)
  assert.deepEqual(rates, [1, 0, 1])
})

test('a log without a crowd says what it has instead', async () => {
  await assert.rejects(readRecording(logOf(['']), 60), /is empty: there is no crowd in it/)
  const lines = [combined(1, '/', { method: 'POST' }), 'nonsense', 'more']
  await assert.rejects(
    readRecording(logOf(lines), 60),
    /1 of its lines tell of other things than answered GETs, 2 are no lines of a common/,
  )
  await assert.rejects(readRecording(join(folder, 'not-there'), 60), /ENOENT/)
})
