// The storms behind the shield, at a small scale and for seconds: nobody is lost, and the site gets no more than it bears.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type PlayedSide, playSide } from '../../src/cli/storms/play.ts'
import { stormOf } from '../../src/cli/storms/storms.ts'

/** Plays the side with the shield. */
async function shielded(name: string, seconds: number, scale: number): Promise<PlayedSide> {
  const storm = stormOf(name)!
  const folder = mkdtempSync(join(tmpdir(), 'storm-'))
  try {
    const options = { storm, seconds, seed: 7, scale, tell: () => {} }
    return await playSide(options, folder, 'with', new AbortController().signal)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('lottery: the neighbour on the machine does not notice', async () => {
  const side = await shielded('lottery', 4, 0.5)
  assert.equal(side.lost, 0)
  assert.ok(side.originRequests < side.requests / 2, `${side.originRequests} of ${side.requests} reached the site`)
  assert.ok(side.originAtOnce <= side.limit, `${side.originAtOnce} at once`)
  assert.equal(side.neighbour?.lost, 0)
  assert.ok(side.neighbour.asked > 0 && side.neighbour.calmP95Ms > 0)
})

test('launch: who posted a form has a receipt, and every receipt is in the database in the end, once', async () => {
  const side = await shielded('launch', 5, 0.6)
  assert.equal(side.lost, 0)
  assert.ok(side.collected !== undefined && side.collected.forms > 0, 'forms were collected')
  assert.equal(side.collected.delivered, side.collected.forms)
  assert.equal(side.books["pre-orders in the shop's database"], side.collected.forms)
  assert.equal(side.books['of these with a receipt of the shield'], side.collected.forms)
  assert.equal(side.books['pre-orders that stand there twice'], 0)
  assert.ok(side.originRequests < side.requests / 2, `${side.originRequests} of ${side.requests} reached the site`)
})

test('tickets: whoever comes gets a page or a place, and no seat is sold twice', async () => {
  const side = await shielded('tickets', 6, 0.1)
  assert.equal(side.lost, 0)
  assert.ok(side.queued > 0, 'visitors waited')
  const sold = side.books['seats sold, of 200']!
  assert.ok(sold > 0 && sold <= 200, `${sold} seats sold`)
  assert.equal(side.books['seats sold twice'], 0)
  assert.ok(side.originAtOnce <= side.limit, `${side.originAtOnce} at once`)
})

test('a storm is played on ports of its own, whoever has those of the documentation', async () => {
  const others = await Promise.all([8080, 9900].map(taken))
  try {
    const side = await shielded('petition', 2, 1)
    assert.equal(side.lost, 0)
    assert.doesNotMatch(side.target, /:8080$/)
  } finally {
    for (const server of others) server.close()
  }
})

/** A program that listens on the port, be it this one or another. */
async function taken(port: number): Promise<ReturnType<typeof createServer>> {
  const server = createServer().on('error', () => {})
  await Promise.race([once(server.listen(port, '127.0.0.1'), 'listening'), once(server, 'close')]).catch(() => {})
  return server
}
