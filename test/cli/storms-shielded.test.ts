// The storms behind the shield, at a small scale and for seconds: nobody is lost, and the site gets no more than it bears.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type PlayedSide, playSide } from '../../src/cli/storms/play.ts'
import { limitOf, type Storm, stormOf } from '../../src/cli/storms/storms.ts'

/** Plays the side with the shield. */
async function shielded(name: string, seconds: number, scale: number): Promise<[PlayedSide, Storm]> {
  const storm = stormOf(name)!
  const folder = mkdtempSync(join(tmpdir(), 'storm-'))
  try {
    const options = { storm, seconds, seed: 7, scale, tell: () => {} }
    return [await playSide(options, folder, 'with', new AbortController().signal), storm]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('lottery: the neighbour on the machine does not notice', async () => {
  const [side, storm] = await shielded('lottery', 4, 0.5)
  assert.equal(side.lost, 0)
  assert.ok(side.originRequests < side.requests / 2, `${side.originRequests} of ${side.requests} reached the site`)
  assert.ok(side.originAtOnce <= limitOf(storm), `${side.originAtOnce} at once`)
  assert.equal(side.neighbour?.lost, 0)
  assert.ok(side.neighbour.asked > 0 && side.neighbour.calmP95Ms > 0)
})
