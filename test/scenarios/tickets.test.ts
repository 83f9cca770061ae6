// The ticket office of the scenario tickets: many buy at the same moment, and each seat is sold once.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ScenarioSite } from '../../src/cli/storms/site.ts'
import { stormOf } from '../../src/cli/storms/storms.ts'

const folder = mkdtempSync(join(tmpdir(), 'tickets-'))
const site = await ScenarioSite.start('tickets', folder)
after(async () => {
  await site.end()
  rmSync(folder, { recursive: true })
})

const buy = async (name: string): Promise<{ status: number; text: string; session: string | null }> => {
  const answer = await fetch(`${site.url}/buy`, { method: 'POST', body: new URLSearchParams({ name }) })
  return { status: answer.status, text: await answer.text(), session: answer.headers.get('breakwater-session') }
}

test('of 230 who buy at the same moment 200 get a seat each, and 30 are told that it is sold out', async () => {
  assert.match(await (await fetch(site.url)).text(), /200 seats left/)
  const answers = await Promise.all(Array.from({ length: 230 }, (_, i) => buy(`visitor ${i}`)))
  const seats = answers.flatMap(({ text }) => /Your seat is number (\d+)/.exec(text)?.[1] ?? [])
  assert.equal(new Set(seats).size, 200)
  assert.equal(seats.length, 200)
  assert.equal(answers.filter(({ text }) => text.includes('Sold out')).length, 30)
  assert.ok(answers.every(({ session }) => session === 'end'))
  assert.deepEqual(stormOf('tickets')!.books!(folder), { 'seats sold, of 200': 200, 'seats sold twice': 0 })
  assert.match(await (await fetch(`${site.url}/buy`)).text(), /Sold out/)
})

test('nobody buys without a name', async () => {
  assert.equal((await buy('')).status, 422)
  assert.equal((await fetch(`${site.url}/none`)).status, 404)
})
