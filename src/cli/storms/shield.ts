// The shield as anyone would start it: `breakwater serve`, a process of its own before the site of a scenario.
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Stats } from '../../watch/stats.ts'
import { Child } from './child.ts'
import type { Storm } from './storms.ts'

/** The ports of `serve` when they are free, so that a demo's addresses are the ones in the documentation. */
const USUAL_PORT = 8080
const USUAL_ADMIN_PORT = 9900

const READY_WITHIN_MS = 20_000

export class Shield {
  /** The shielded site, and the admin address with the dashboard. */
  readonly url: string
  readonly adminUrl: string
  readonly #child: Child

  private constructor(child: Child, url: string, adminUrl: string) {
    this.#child = child
    this.url = url
    this.adminUrl = adminUrl
  }

  /** Starts `breakwater serve` before `origin` and waits until it says that it is ready; `site` as a config has it. */
  static async start(origin: string, folder: string, site?: Storm['shield']): Promise<Shield> {
    const listen = `127.0.0.1:${await freePort(USUAL_PORT)}`
    const admin = `127.0.0.1:${await freePort(USUAL_ADMIN_PORT)}`
    const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url))
    mkdirSync(folder, { recursive: true })
    const config = join(folder, 'breakwater.json')
    if (site !== undefined) writeFileSync(config, JSON.stringify({ sites: [{ ...site, origins: origin }] }))
    const what = site === undefined ? [origin] : ['--config', config]
    const args = [main, 'serve', ...what, '--listen', listen, '--admin', admin, '--data', folder]
    // Not in the folder of whoever plays it: there may be a config of theirs.
    const child = new Child('breakwater serve', args, () => {}, folder)
    try {
      await child.ready(isReady(`http://${admin}/readyz`), READY_WITHIN_MS)
    } catch (error) {
      await child.end()
      throw error
    }
    return new Shield(child, `http://${listen}`, `http://${admin}`)
  }

  /** What it tells of itself. */
  async stats(): Promise<Stats> {
    const response = await fetch(`${this.adminUrl}/api/stats`)
    return (await response.json()) as Stats
  }

  end(): Promise<void> {
    return this.#child.end()
  }
}

async function isReady(url: string): Promise<void> {
  for (const until = performance.now() + READY_WITHIN_MS; performance.now() < until; await sleep(50)) {
    const response = await fetch(url).catch(() => undefined)
    await response?.arrayBuffer()
    if (response?.status === 200) return
  }
}

/** `usual` when nobody listens there, else any free port. */
async function freePort(usual: number): Promise<number> {
  return (await tryPort(usual)) ?? (await tryPort(0))!
}

async function tryPort(port: number): Promise<number | undefined> {
  const server = createServer()
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening')
    return (server.address() as AddressInfo).port
  } catch {
    return undefined // taken
  } finally {
    server.close()
  }
}
