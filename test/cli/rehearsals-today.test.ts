// The daily line: the biggest spike of the real history against what was rehearsed.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { fingerprintOf } from '../../src/rehearse/kept/fingerprint.ts'
import { type Kept, keepRun } from '../../src/rehearse/kept/kept.ts'
import type { WallReport } from '../../src/rehearse/wall/report.ts'
import { Archive } from '../../src/watch/archive.ts'
import { columns, type Second } from '../../src/watch/seconds.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/breakwater.mjs', import.meta.url))

const second = (at: number, requests: number): Second => ({
  ...(Object.fromEntries(columns.map(name => [name, 0])) as Second),
  at,
  requests,
})

test('a line a day says whether the biggest spike ever seen fits, and what has changed', async t => {
  const data = mkdtempSync(join(tmpdir(), 'today-'))
  let version = '1'
  const site = createServer((_request, response) => response.setHeader('X-Version', version).end('x'))
  await once(site.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    site.close().closeAllConnections()
    rmSync(data, { recursive: true })
  })
  assert.match((await today(data)).out, /^Not known: there is no history of traffic/)

  const now = Math.floor(Date.now() / 1000)
  const archive = new Archive(data)
  for (let i = 200; i > 0; i--) archive.add(second(now - i, i === 50 ? 400 : 20))
  archive.flush()
  archive.close()
  assert.match((await today(data)).out, /^Not known whether today's set-up bears the biggest spike ever seen, 400 requests a second .*nothing was rehearsed/) // prettier-ignore

  const target = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  const fingerprint = await fingerprintOf({ target, page: target, versionField: 'x-version', port: Number(new URL(target).port) }) // prettier-ignore
  const rehearsed = (rate: number): Omit<Kept, 'name'> => {
    const wall = { valid: true, wall: { ratePerSecond: rate }, noWallUpTo: null } as unknown as WallReport
    return { target, question: '', fingerprint, seconds: [], load: null, wall }
  }
  keepRun(data, rehearsed(300), Date.now() - 60_000)
  const small = await today(data)
  assert.match(small.out, /^Today's set-up does NOT bear the biggest spike ever seen, 400 requests .* held 300 a second\.$/m) // prettier-ignore
  assert.equal(small.code, 1)
  keepRun(data, rehearsed(900), Date.now())
  const large = await today(data)
  assert.match(
    large.out,
    /^Today's set-up bears the biggest spike .* held 900 a second, and nothing has changed since\.$/m,
  )
  assert.equal(large.code, 0)

  version = '2'
  rmSync(join(data, 'history.sqlite'))
  const stale = await today(data, '--json')
  const { verdict, biggest, changes } = JSON.parse(stale.out) as { verdict: string; biggest: { perSecond: number }; changes: string[] } // prettier-ignore
  assert.deepEqual([verdict, biggest.perSecond, stale.code], ['stale', 400, 1], 'what the history forgot is remembered')
  assert.match(changes[0]!, /the version of the site has changed, from 1 to 2/)
})

function today(data: string, ...more: string[]): Promise<{ code: number; out: string }> {
  return new Promise(resolve => {
    execFile(process.execPath, [PROGRAM, 'rehearsals', 'today', '--data', data, ...more], (error, out) =>
      resolve({ code: error === null ? 0 : Number(error.code), out }),
    )
  })
}
