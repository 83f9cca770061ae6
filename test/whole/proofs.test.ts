// The proof of a copy for everyone as those who run the site see it: what differs between two fetches, and what one who is logged in
// sees otherwise, asked for with the site's test session and shown to nobody but them.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Origin } from '../fixtures/origin.ts'
import type { Asked } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { HOST, ask, crowd } from '../fixtures/visitor.ts'
import type { ProofSum } from '../../src/threads/sums.ts'

const FIELDS = { 'content-type': 'text/html', 'cache-control': 'private, no-store' }
const SESSION = 'session=tester-7f3a'

const greeting = ({ fields, nth }: Asked) => ({
  fields: fields.cookie === undefined ? FIELDS : { ...FIELDS, 'set-cookie': `session=renewed-${nth}` },
  body: `<p>Hello <b>${fields.cookie === undefined ? 'stranger' : 'Tess Tester'}</b></p>`,
})

describe('a proof', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'proofs-'))
  let origin: Origin
  let shield: Shield | undefined

  before(async () => {
    origin = await Origin.start({
      '/': greeting,
      '/plain': { fields: FIELDS, body: '<p>the same for all</p>' },
      '/luck': ({ nth }) => ({ fields: FIELDS, body: `<p>You are visitor <b>${nth}</b></p>` }),
      '/moody': ({ nth }) => ({ status: nth === 1 ? 200 : 404, fields: FIELDS, body: 'x' }),
      '/closed': ({ fields }) => (fields.cookie === undefined ? { fields: FIELDS, body: 'open' } : { status: 500 }),
    })
    writeFileSync(join(folder, 'session'), `${SESSION}\n`)
    const rules = [{ match: { path: '/**' }, spike: { cache: { anonymous: true, for: '1m' as const } } }]
    const site = { name: 'main', hosts: [HOST], origins: [origin.url], mode: 'spike' as const, rules }
    shield = await Shield.start({ config: { sites: [{ ...site, testSession: { file: join(folder, 'session') } }] } })
  })
  after(async () => {
    await shield?.[Symbol.asyncDispose]()
    await origin.stop()
    rmSync(folder, { recursive: true })
  })

  async function proofOf(target: string): Promise<ProofSum> {
    let found: ProofSum | undefined
    await until(`a proof of ${target}`, async () => {
      const { proofs } = (await (await shield!.admit('/api/proofs')).json()) as { proofs: ProofSum[] }
      found = proofs.find(each => each.target === target)
      return found !== undefined
    })
    return found!
  }

  it('asks once with the test session, and shows what the copy hides', async () => {
    const all = await crowd(shield!.port, '/', 20)
    assert.deepEqual([...new Set(all.map(({ text }) => text))], ['<p>Hello <b>stranger</b></p>'])
    assert.ok(all.every(({ fields }) => fields['set-cookie'] === undefined))
    assert.deepEqual(
      origin.of('/').map(({ fields }) => fields.cookie),
      [undefined, undefined, SESSION],
    )
    const { verdict, host, why, member } = await proofOf('/')
    assert.deepEqual([verdict, host, why, member?.status], ['armed', HOST, null, 200])
    assert.deepEqual(
      member?.differences.map(({ one, other }) => [one, other]),
      [['stranger', 'Tess Tester']],
    )
    const [logged] = await shield!.heard('copy-hides')
    assert.equal(logged!['page'], `${HOST}/`)
  })

  it('keeps nothing of what the test session saw: later visitors get the same copy, and those with a session their own page', async () => {
    assert.equal((await ask(shield!.port, '/')).text, '<p>Hello <b>stranger</b></p>')
    assert.match((await ask(shield!.port, '/')).cache, /^breakwater; hit/)
    const own = await ask(shield!.port, '/', { fields: { cookie: 'session=anna' } })
    assert.match(own.text, /Tess Tester/)
    assert.equal(origin.of('/').at(-1)!.fields.cookie, 'session=anna')
    assert.equal((await ask(shield!.port, '/')).text, '<p>Hello <b>stranger</b></p>')
  })

  it('says so where one who is logged in sees the same page', async () => {
    await ask(shield!.port, '/plain')
    assert.deepEqual((await proofOf('/plain')).member, { status: 200, differences: [] })
  })

  it('shows what differs between two fetches for nobody in particular, and asks for no session then', async () => {
    await ask(shield!.port, '/luck')
    const luck = await proofOf('/luck')
    assert.deepEqual([luck.verdict, luck.member], ['refused', null])
    assert.deepEqual(
      luck.differences.map(({ one, other, after: before }) => [before.trim(), one, other]),
      [['visitor <b>', '1', '2']],
    )
    await ask(shield!.port, '/moody')
    assert.equal((await proofOf('/moody')).why, 'the first answer is 200, the second 404')
    assert.ok([...origin.of('/luck'), ...origin.of('/moody')].every(({ fields }) => fields.cookie === undefined))
    const pages = (await shield!.heard('copy-refused', 2)).map(({ page }) => page)
    assert.deepEqual(pages, [`${HOST}/luck`, `${HOST}/moody`])
  })

  it('arms the copy all the same where the page of the test session is not to be had', async () => {
    assert.equal((await ask(shield!.port, '/closed')).text, 'open')
    const { verdict, member } = await proofOf('/closed')
    assert.deepEqual([verdict, member], ['armed', null])
  })

  it('tells the secret to nobody', async () => {
    const told = await Promise.all(
      ['/api/proofs', '/api/stats', '/api/blockers'].map(async path => (await shield!.admit(path)).text()),
    )
    for (const text of [...told, shield!.child.stdout, shield!.child.stderr]) assert.ok(!text.includes('7f3a'))
  })
})
