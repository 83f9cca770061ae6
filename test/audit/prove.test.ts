// `breakwater prove`, as a person runs it before a spike rule goes live.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { ProofReport } from '../../src/audit/prove.ts'
import { Origin } from '../fixtures/origin.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const HTML = { 'content-type': 'text/html; charset=utf-8' }

async function prove(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, 'prove', ...args], { stdio: 'pipe' })
  const said = { out: '', err: '' }
  child.stdout.on('data', (bytes: Buffer) => (said.out += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (said.err += bytes.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...said }
}

describe('prove', () => {
  let origin: Origin
  before(async () => {
    origin = await Origin.start({
      '/news': ({ fields }) => ({ fields: HTML, body: `<p>Hello ${fields.cookie ?? 'stranger'}</p>` }),
      '/sign': ({ nth }) => ({
        fields: HTML,
        body: `<form method=post><input type=hidden name=tk value=${nth}></form>`,
      }),
      '/offers': ({ nth }) => ({ fields: HTML, body: `<p>For you, <b>\u001b[31mvisitor ${nth}</b></p>` }),
      '/spoken': { fields: { ...HTML, vary: 'accept-language' }, body: 'hello' },
    })
  })
  after(() => origin.stop())

  it('arms a page that is the same twice, and asks for it as the shield does', async () => {
    const { code, out } = await prove(`${origin.url}/news`)
    assert.deepEqual([code, out], [0, `${origin.url}/news: armed\n`])
    const [asked] = origin.of('/news')
    assert.equal(asked!.fields['x-forwarded-for'], '192.0.2.1')
    assert.equal(asked!.fields['breakwater-mode'], 'spike')
  })

  it('names the holes', async () => {
    const { code, out } = await prove(`${origin.url}/sign`)
    assert.deepEqual([code, out], [0, `${origin.url}/sign: armed with holes\n  hole  tk (it differed)\n`])
  })

  it('refuses what differs, shows where, and lets no page steer the terminal', async () => {
    const { code, out } = await prove(`${origin.url}/offers`)
    assert.equal(code, 1)
    assert.match(out, /: refused, two fetches differ in what everyone would see\n/)
    assert.match(out, /\n {2}- 3\n {2}\+ 4\n|\n {2}- 1\n {2}\+ 2\n/)
    assert.equal(out.includes('\u001b[31m'), false)
    assert.equal((await prove(`${origin.url}/offers`, '--omit', 'p > b')).code, 0)
  })

  it('shows what the copy would keep from one who is logged in, for programs too', async () => {
    const { code, out } = await prove(`${origin.url}/news`, '--cookie', 'session=anna', '--json')
    assert.equal(code, 0)
    const { verdict, member } = JSON.parse(out) as ProofReport
    assert.equal(verdict, 'armed')
    assert.deepEqual(
      member!.differences.map(({ one, other }) => [one, other]),
      [['stranger', 'session=anna']],
    )
  })

  it('refuses what is none to be shared, and says what is wrong with what it was given', async () => {
    assert.match((await prove(`${origin.url}/spoken`)).out, /varies by more than cookies/)
    assert.match((await prove(`${origin.url}/checkout`)).out, /one person’s/)
    assert.match((await prove(`${origin.url}/news`, '--omit', 'a:hover')).err, /^a:hover is no selector/)
    assert.match((await prove('http://127.0.0.1:1/')).err, /does not answer/)
  })
})
