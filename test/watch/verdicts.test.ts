// What the dashboard's sentences make of the numbers.

import assert from 'node:assert/strict'
import { test } from 'node:test'

interface Verdict {
  level: 'good' | 'warn' | 'bad' | 'quiet'
  text: string
}
type Judge = (...given: object[]) => Verdict

// Plain modules of the page, which have no types.
const folder = new URL('../../src/watch/dashboard/', import.meta.url)
const verdicts = (await import(new URL('verdicts.js', folder).href)) as Record<string, Judge>
const format = (await import(new URL('format.js', folder).href)) as Record<string, (value: number | null) => string>

const recent = { seconds: 10, requests: 1000, lost: 0, hit: 900, stale: 0, collapsed: 50, shed: 0, limited: 0 }
const second = { p95: 40, inFlight: 6, limit: 64, waiting: 0, originRequests: 5 }
const up = { state: 'up', ailing: false }
const serving = {
  origins: [up],
  notReady: [],
  threads: [{ state: 'serving' }],
  config: { refused: null },
  copy: { state: 'copying' },
}

const visitorsOf = (of: object, over: object) =>
  verdicts['visitorsVerdict']!({ ...second, ...of }, { ...recent, ...over })
const originOf = (of: object, origins: object[]) => verdicts['originVerdict']!({ ...second, ...of }, { origins })
const shieldOf = (over: object, of: object) =>
  verdicts['shieldVerdict']!(second, { ...recent, ...over }, { ...serving, ...of })

test('visitors are well when all get their page soon', () => {
  assert.deepEqual(visitorsOf({}, {}), { level: 'good', text: 'All get their page, 19 of 20 within 40 ms.' })
  assert.deepEqual(visitorsOf({ p95: 2400 }, {}), {
    level: 'warn',
    text: 'All get their page, but 1 in 20 waits over 2.4 s.',
  })
  assert.equal(visitorsOf({}, { lost: 5 }).level, 'warn')
  assert.equal(visitorsOf({}, { lost: 5, gone: 5 }).level, 'good', 'they left by themselves')
  assert.deepEqual(visitorsOf({}, { lost: 123 }), { level: 'bad', text: '12% of requests get no page.' })
  assert.equal(visitorsOf({ p95: null }, { requests: 0 }).level, 'quiet')
})

test('the origin is well while it has places free', () => {
  assert.deepEqual(originOf({}, [up]), { level: 'good', text: 'Bears it easily: 6 of 64 places taken.' })
  assert.equal(originOf({ inFlight: 60 }, [up]).level, 'warn')
  assert.deepEqual(originOf({ waiting: 12 }, [up]), { level: 'warn', text: 'Full: 12 requests wait for a place.' })
  assert.equal(originOf({}, [{ ...up, ailing: true }]).level, 'bad')
  assert.equal(originOf({}, [up, { state: 'down' }]).text, '1 of 2 origins down.')
  assert.equal(originOf({}, [{ state: 'down' }]).text, 'No origin takes requests.')
})

test('the shield says what it does, and first what is wrong with it', () => {
  assert.deepEqual(shieldOf({}, {}), { level: 'good', text: 'Answers 95% without asking the origin.' })
  assert.deepEqual(shieldOf({ shed: 30 }, {}), {
    level: 'warn',
    text: 'Turns away 3 a second, keeps the origin standing.',
  })
  assert.equal(shieldOf({}, { notReady: ['No edge thread serves.'] }).text, 'No edge thread serves.')
  assert.equal(shieldOf({}, { config: { refused: { at: 0, errors: [] } } }).level, 'warn')
  assert.equal(shieldOf({}, { threads: [{ state: 'waiting' }] }).level, 'warn')
})

const saved = (over: object): unknown => verdicts['savedOf']!({ bytesOut: 1000, bytesSaved: 800, ...over })

test('bytes count as saved only where stored responses answered', () => {
  assert.equal(saved({}), 0.8)
  assert.equal(saved({ bytesSaved: 0 }), 0)
  assert.equal(saved({ bytesSaved: 1010 }), 1, 'counted in this second, written in the next')
  assert.equal(saved({ bytesOut: 0 }), null)
})

test('numbers are told in three figures and never better than they are', () => {
  const { count, milliseconds, percent, bytes, duration } = format
  assert.deepEqual([0.25, 9.46, 36.4, 1204, 51_240].map(count!), ['0.3', '9.5', '36', '1,204', '51.2k'])
  assert.deepEqual([0, 0.118, 4.25, 87.6, 2400, null].map(milliseconds!), [
    '0 ms',
    '0.12 ms',
    '4.3 ms',
    '88 ms',
    '2.4 s',
    '–',
  ])
  assert.deepEqual([0.004, 0.93, 0.9996, 1].map(percent!), ['0.4%', '93%', '99.9%', '100%'])
  assert.deepEqual([0, 512, 1536, 6_341_787_648].map(bytes!), ['0 B', '512 B', '1.5 KiB', '5.9 GiB'])
  assert.deepEqual([12, 250, 11_520, 200_000].map(duration!), ['12 s', '4 min', '3 h 12 min', '2 d 7 h'])
})
