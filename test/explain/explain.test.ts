// `breakwater explain`, as a person runs it who wants to know why a page goes to the origin.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Explanation } from '../../src/explain/explain.ts'
import { Origin } from '../fixtures/origin.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const HTML = { 'content-type': 'text/html' }

describe('explain', () => {
  let origin: Origin
  let folder: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'explain-'))
    origin = await Origin.start({
      '/open': { fields: { ...HTML, 'cache-control': 'max-age=60, stale-if-error=600' }, body: 'for all' },
      '/shop': { fields: { ...HTML, 'cache-control': 'max-age=60', 'set-cookie': 'PHPSESSID=1; Path=/' }, body: 'x' },
      '/mine': { fields: { ...HTML, 'cache-control': 'private, max-age=60', vary: 'Accept-Language' }, body: 'x' },
      '/enemy': ({ nth }) => ({
        fields: {
          ...{ ...HTML, 'cache-control': 'private, x="\u009b31m"', vary: 'accept, \u009b2J' },
          ...{ 'set-cookie': 'bad\u009b2Jname=1' },
        },
        body: `<b>\u001b[31m\u202e${nth}\u009b2J</b>`,
      }),
      '/told': { fields: { ...HTML, 'cache-control': 'max-age=60', 'cdn-cache-control': 'no-store' }, body: 'x' },
      '/news': ({ fields }) => ({
        fields: { ...HTML, 'cache-control': 'no-store' },
        body: `Hi ${fields.cookie ?? ''}`,
      }),
      '/luck': ({ nth }) => ({ fields: { ...HTML, 'cache-control': 'no-store' }, body: `<b>visitor ${nth}</b>` }),
    })
    writeFileSync(join(folder, 'breakwater.yaml'), configFor(origin.url))
  })
  after(async () => {
    await origin.stop()
    rmSync(folder, { recursive: true })
  })

  async function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const child = spawn(process.execPath, [MAIN, 'explain', ...args], { stdio: 'pipe', cwd: folder })
    const said = { out: '', err: '' }
    child.stdout.on('data', (bytes: Buffer) => (said.out += bytes.toString()))
    child.stderr.on('data', (bytes: Buffer) => (said.err += bytes.toString()))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, ...said }
  }
  const ask = async (...args: string[]): Promise<Explanation> =>
    JSON.parse((await run(...args, '--json')).out) as Explanation

  it('tells how long a page is stored, and by which field', async () => {
    const { verdict, cacheStatus } = await ask('http://www.example.org/open')
    assert.deepEqual([verdict!.stored, verdict!.reason, verdict!.freshSeconds], [true, 'stored-explicit', 60])
    assert.equal(verdict!.staleIfErrorSeconds, 600)
    assert.deepEqual(verdict!.because, [
      { kind: 'response field', name: 'cache-control', value: 'max-age=60, stale-if-error=600' },
    ])
    assert.equal(cacheStatus, 'breakwater; fwd=uri-miss; fwd-status=200; stored; detail=stored-explicit')
  })

  it('tells in which class a request waits for the origin, and which rule says so', async () => {
    const { decisions } = await ask('http://www.example.org/told')
    const { says, because } = decisions.find(({ room }) => room === 'admission')!
    assert.match(says, /class "api"/)
    assert.deepEqual(because, [{ kind: 'rule', name: 'calls' }])
  })

  it('names the cookie that a response sets', async () => {
    const { code, out } = await run('http://www.example.org/shop')
    assert.equal(code, 1)
    assert.match(out, /The next visitor goes to the origin\.\n.*\(set-cookie\)\n {2}Because of the cookie PHPSESSID\n/)
    assert.match(out, /Mend: /)
  })

  it('names the cookie of the visitor, and none that a rule calls harmless', async () => {
    const { decisions, verdict } = await ask('http://www.example.org/open', '--cookie', 'sid=1; _ga=2')
    assert.deepEqual(verdict!.because, [{ kind: 'cookie', name: 'sid' }])
    assert.equal(verdict!.reason, 'request-cookie')
    assert.ok(decisions.some(({ says }) => says.includes('the cookies _ga')))
    assert.equal(origin.of('/open').at(-1)!.fields.cookie, 'sid=1', 'what the key leaves out the origin does not see')
    assert.equal((await run('http://www.example.org/open', '--cookie', '_ga=2')).code, 0)
  })

  it('names the field that is in force, and what it varies by', async () => {
    const { verdict, decisions } = await ask('http://www.example.org/mine')
    assert.equal(verdict!.reason, 'private')
    assert.ok(decisions.some(({ because = [] }) => because.some(({ name }) => name === 'vary')))
    const told = await ask('http://www.example.org/told')
    assert.deepEqual(told.verdict!.because, [{ kind: 'response field', name: 'cdn-cache-control', value: 'no-store' }])
  })

  it('names the rule', async () => {
    const ruled = await ask('http://www.example.org/open?utm_source=mail&bypass=1')
    assert.equal(ruled.verdict!.reason, 'bypass-by-rule')
    assert.deepEqual(ruled.verdict!.because, [{ kind: 'rule', name: 'never' }])
    const counted = await run('http://www.example.org/mine')
    assert.match(
      counted.out,
      /client +Counted against a rate limit by address: 5 in 1 s\.\n +because of the rule "slow"/,
    )
  })

  it('tries the copy for strangers in a spike, and tells who does not get it', async () => {
    const copy = await ask('http://www.example.org/news', '--spike')
    assert.deepEqual([copy.mode, copy.verdict!.reason, copy.verdict!.freshSeconds], ['spike', 'stored-anonymous', 20])
    assert.equal(origin.of('/news').at(-1)!.fields['x-forwarded-for'], '192.0.2.1')
    const member = await ask('http://www.example.org/news', '--spike', '--cookie', 'sid=1')
    assert.equal(member.verdict!.reason, 'response-no-store')
    const objection = member.decisions.find(({ reason }) => reason === 'copy-for-strangers')
    assert.deepEqual(objection?.because?.[0], { kind: 'cookie', name: 'sid' })
    const luck = await run('http://www.example.org/luck', '--spike')
    assert.match(luck.out, /No copy for strangers is made of it: two fetches differ/)
    assert.equal((await ask('http://www.example.org/news')).verdict!.reason, 'response-no-store')
  })

  it('knows whose request it is where a client is named, be there a running shield or not', async () => {
    const { code, err } = await run('http://www.example.org/open', '--client', '203.0.113.7', '--admin', '127.0.0.1:1')
    assert.equal(code, 0, err)
    assert.match(err, /^Of the client nothing is known: /)
    assert.equal(origin.of('/open').at(-1)!.fields['x-forwarded-for'], '203.0.113.7')
  })

  it('asks the origin nothing that could change something', async () => {
    const before = origin.of('/open').length
    const { verdict, decisions } = await ask('http://www.example.org/open', '--method', 'POST')
    assert.equal(verdict, null)
    assert.ok(decisions.some(({ reason }) => reason === 'method-not-stored'))
    assert.equal(origin.of('/open').length, before)
  })

  it('lets no page, field or cookie steer the terminal, in words and as JSON', async () => {
    const unseen = /[^\P{C}\n]/u
    for (const flags of [[], ['--spike'], ['--json'], ['--spike', '--json']]) {
      const { out } = await run('http://www.example.org/enemy', ...flags)
      assert.doesNotMatch(out, unseen)
      assert.match(out, flags.includes('--json') ? /\\u009b/ : /·31m/)
    }
  })

  it('says what is wrong with what it was given', async () => {
    assert.match((await run('http://elsewhere.example/')).err, /^No site of the config has the host elsewhere\.example/)
    assert.match((await run('http://www.example.org/', '--header', 'oops')).err, /^"oops" is no header line/)
    writeFileSync(join(folder, 'down.yaml'), configFor('http://127.0.0.1:1'))
    const down = await run('http://www.example.org/', '--config', 'down.yaml')
    assert.equal(down.code, 1)
    assert.match(down.out, /The origin does not answer/)
  })
})

const configFor = (origin: string): string => `
sites:
  - hosts: www.example.org
    origins: ${origin}
    rules:
      - name: quiet
        match: { path: /** }
        cache: { ignoredCookies: [_ga] }
        spike: { cache: { anonymous: true, for: 20s } }
      - name: never
        match: { query: { bypass: true } }
        cache: { bypass: true }
      - name: slow
        match: { path: /mine }
        rate: { limit: 5/1s }
      - name: calls
        match: { path: /told }
        class: api
    classes: [{ name: api, share: 30% }]
`
