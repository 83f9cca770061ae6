// The shield as anyone would start it: `breakwater serve`, a process of its own before the site of a scenario.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Stats } from '../../watch/stats.ts'
import { Child } from './child.ts'
import type { Storm } from './storms.ts'

/** Where it listens, as an address with a port. */
export interface Places {
  listen: string
  admin: string
}

/** Ports that the system gives out as they are taken: nobody can come between. */
const FREE: Places = { listen: '127.0.0.1:0', admin: '127.0.0.1:0' }

/** The ports of the documentation. */
export const USUAL: Places = { listen: '127.0.0.1:8080', admin: '127.0.0.1:9900' }

interface ShieldOptions {
  /** What the config says of the site besides its origin; without it, it runs as anyone would start it. */
  site?: Storm['shield']
  at?: Places
}

/** What it says once it serves. */
interface Serving {
  listening: string[]
  admin: string
}

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

  /** Starts `breakwater serve` before `origin` and waits until it says that it serves; `site` as a config has it. */
  static async start(origin: string, folder: string, { site, at = FREE }: ShieldOptions = {}): Promise<Shield> {
    const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url))
    mkdirSync(folder, { recursive: true })
    const config = join(folder, 'breakwater.json')
    if (site !== undefined) writeFileSync(config, JSON.stringify({ sites: [{ ...site, origins: origin }] }))
    const what = site === undefined ? [origin] : ['--config', config]
    const args = [main, 'serve', ...what, '--listen', at.listen, '--admin', at.admin, '--data', folder]
    const serving = Promise.withResolvers<Serving>()
    // Not in the folder of whoever plays it: there may be a config of theirs.
    const child = new Child('breakwater serve', args, line => told(line, serving.resolve), folder)
    try {
      const { listening, admin } = await child.ready(serving.promise, READY_WITHIN_MS)
      return new Shield(child, `http://${listening[0]}`, `http://${admin}`)
    } catch (error) {
      await child.end()
      throw error
    }
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

/** Of the lines of its log, the one that says where it serves. */
function told(line: string, resolve: (serving: Serving) => void): void {
  const entry = JSON.parse(line) as { event?: string } & Serving
  if (entry.event === 'serving') resolve(entry)
}
