// When certificates are replaced, and how they are called where a directory tells of renewals.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { certificateId, readSuggestion } from '../../src/acme/ari.ts'
import { renewalTime, timeIn, waitAfter } from '../../src/acme/due.ts'
import { seeded } from '../../src/base/random.ts'

const DAY = 86_400_000

test('a certificate is replaced with a third of its time left, a short-lived one with a half, and never later', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 400 }), (seed, days) => {
      const at = renewalTime({ from: 0, to: days * DAY }, seeded(seed)) / (days * DAY)
      const latest = days <= 10 ? 1 / 2 : 2 / 3
      assert.ok(at <= latest && at > latest - 0.011, `${at} of ${days} days`)
      const window = timeIn({ from: 5, to: 9 }, seeded(seed))
      assert.ok(window >= 5 && window <= 9)
    }),
  )
})

test('a try that failed waits a minute, then twice as long, six hours at the most', () => {
  assert.deepEqual([1, 2, 3].map(waitAfter), [60_000, 120_000, 240_000])
  assert.equal(waitAfter(1000), 6 * 3_600_000)
})

test('the name of a certificate is the identifier of its issuer and its serial number, as openssl reads them', t => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-ari-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=ca', '-days', '2')
  openssl('req', ...key, '-keyout', 'leaf.key', '-out', 'leaf.csr', '-subj', '/CN=leaf')
  const signed = ['-in', 'leaf.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '1', '-set_serial', '0x87654321']
  const file = join(folder, 'extensions')
  execFileSync('sh', ['-c', `echo authorityKeyIdentifier=keyid > ${file}`])
  openssl('x509', '-req', ...signed, '-extfile', file, '-out', 'leaf.pem')
  const [issuer, serial] = certificateId(readFileSync(join(folder, 'leaf.pem'), 'utf8'))!.split('.')
  // RFC 9773 section 4.1 has this serial number as its example.
  assert.equal(serial, 'AIdlQyE')
  const said = /([0-9A-F]{2}(:[0-9A-F]{2}){19})/.exec(
    openssl('x509', '-in', 'leaf.pem', '-noout', '-ext', 'authorityKeyIdentifier'),
  )![1]!
  assert.equal(Buffer.from(issuer!, 'base64url').toString('hex'), said.replaceAll(':', '').toLowerCase())
})

test('what a directory suggests is read, and nothing else', () => {
  const body = '{"suggestedWindow": {"start": "2026-01-02T00:00:00Z", "end": "2026-01-03T00:00:00Z"}}'
  const window = { from: Date.UTC(2026, 0, 2), to: Date.UTC(2026, 0, 3) }
  assert.deepEqual(readSuggestion(body, '21600'), { window, askAgain: 21_600_000 })
  assert.deepEqual(readSuggestion(body, undefined), { window, askAgain: 21_600_000 })
  assert.equal(readSuggestion(body, '1')!.askAgain, 60_000)
  assert.equal(readSuggestion(body, '99999999')!.askAgain, DAY)
  for (const wrong of [
    '',
    '{}',
    '{"suggestedWindow": {"start": "2026-01-03T00:00:00Z", "end": "2026-01-02T00:00:00Z"}}',
    'null',
    '[]',
  ])
    assert.equal(readSuggestion(wrong, undefined), undefined, wrong)
})
