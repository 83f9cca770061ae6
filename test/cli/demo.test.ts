// The demo from its first line to its last, with the real shield: what it shows is what it is for.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { SideResult } from '../../src/cli/storms/side.ts'
import { Child } from './fixtures/child.ts'

/** A demo in a folder with nothing but these files, which is also where it keeps what it needs. Ended and cleared away. */
async function demo(
  args: string[],
  files: Record<string, string>,
  watch: (child: Child, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-test-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const child = Child.breakwater(args, folder, { TMPDIR: folder })
  try {
    await watch(child, folder)
  } finally {
    if (child.process.exitCode === null) child.process.kill('SIGTERM')
    await child.ended
    rmSync(folder, { recursive: true })
  }
}

/** Resolves with the text once it has been printed. */
async function printed(child: Child, text: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const found = text.exec(child.stdout)
    if (found !== null) return found
    await child.more(`it ended without ${text}`)
  }
}

describe('the demo', { timeout: 120_000 }, () => {
  it('shows that behind the shield the same crowd gets its pages, and few requests reach the site', async () => {
    // A config that lies about is none of its business.
    const config = JSON.stringify({ sites: [{ origins: ['http://127.0.0.1:1'] }] })
    await demo(['demo', '--seconds', '4', '--json'], { 'breakwater.json': config }, async child => {
      assert.equal(await child.ended, 0, child.stderr)
      const { without, with: shielded } = JSON.parse(child.stdout) as { without: SideResult; with: SideResult }
      assert.ok(shielded.planned > 50 && shielded.planned === without.planned, 'both saw the same crowd')
      assert.equal(shielded.lost, 0)
      assert.ok(shielded.hits > shielded.planned / 2, `${shielded.hits} of ${shielded.planned}`)
      assert.ok(shielded.originRequests < without.originRequests / 2, `${shielded.originRequests}`)
    })
  })

  it('goes on serving both sites and the dashboard until it is told to end, and leaves nothing behind', async () => {
    await demo(['demo', '--seconds', '4'], {}, async (child, folder) => {
      await printed(child, /Ctrl-C ends it all/)
      const urls = [...child.stdout.matchAll(/^ {2}(?:the site|the dashboard).*(http:\S+)$/gm)].map(([, url]) => url!)
      assert.equal(urls.length, 3, child.stdout)
      for (const url of urls) assert.equal((await fetch(url)).status, 200, url)
      child.process.kill('SIGTERM')
      assert.equal(await child.ended, 0, child.stderr)
      for (const url of urls) await assert.rejects(fetch(url), url)
      assert.deepEqual(readdirSync(folder), [])
    })
  })

  it('is what serve does without an origin and without a config: thirty seconds of it', async () => {
    await demo(['serve'], {}, async (child, folder) => {
      await printed(child, /comes for 30 s to two such sites/)
      await printed(child, /^ {2}1 .*│.*│/m)
      child.process.kill('SIGINT')
      assert.equal(await child.ended, 0, child.stderr)
      assert.match(child.stdout, /requests that reached the site/)
      assert.deepEqual(readdirSync(folder), [])
    })
  })
})
