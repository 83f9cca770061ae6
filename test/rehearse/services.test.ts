// A site that has started its own database: whose work is whose.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { SiteGauges } from '../../src/rehearse/gauges/gauges.ts'

const SITE = fileURLToPath(new URL('./walls/origin.ts', import.meta.url))
const skip = process.platform !== 'linux'

test(
  'a database that the site has started is a service of it: its work is not the site\u2019s',
  { skip, timeout: 60_000 },
  async () => {
    const site = spawn(process.execPath, [SITE, 'slow query'], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      const [line] = (await once(site.stdout, 'data')) as [Buffer]
      const port = Number(line)
      const gauges = new SiteGauges(port)
      const agent = new Agent({ keepAlive: true, maxSockets: 8 })
      const over = new AbortController()
      const visitor = async (): Promise<void> => {
        while (!over.signal.aborted) await new Promise(done => get({ host: '127.0.0.1', port, agent }, answer => answer.resume().on('close', done)).on('error', done)) // prettier-ignore
      }
      const visitors = Array.from({ length: 8 }, visitor)
      const seen = []
      for (let i = 0; i < 5; i++) {
        await sleep(1000)
        seen.push(gauges.read())
      }
      over.abort()
      await Promise.all(visitors)
      gauges.close()
      agent.destroy()
      const { threadRan, outgoing } = seen.at(-1)!
      assert.equal(outgoing.length, 1)
      const [database] = outgoing
      assert.ok(database!.threadWanted! > 0.8, `the database wanted ${database!.threadWanted}`)
      assert.ok(threadRan < database!.threadWanted! * 0.75, `the site ran ${threadRan}`)
    } finally {
      site.stdin.end()
    }
  },
)
