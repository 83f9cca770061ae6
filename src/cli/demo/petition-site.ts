// One petition site as a process of its own, and what it reports of itself: how many requests reached it, at what CPU.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Child } from './child.ts'

const READY_WITHIN_MS = 20_000

/** What has come to the site since it started. */
export interface Reached {
  answered: number
  cpuMs: number
}

export class PetitionSite {
  readonly url: string
  readonly #child: Child
  readonly #latest: { reached: Reached }

  private constructor(child: Child, port: number, latest: { reached: Reached }) {
    this.#child = child
    this.url = `http://127.0.0.1:${port}`
    this.#latest = latest
  }

  /** Starts a site with a database of its own in `folder`. */
  static async start(folder: string): Promise<PetitionSite> {
    const latest = { reached: { answered: 0, cpuMs: 0 } }
    const port = Promise.withResolvers<number>()
    const child = new Child('The petition site', [mainFile(), '--data', folder, '--report'], line => {
      const said = JSON.parse(line) as { port: number } | Reached
      if ('port' in said) port.resolve(said.port)
      else latest.reached = said
    })
    try {
      return new PetitionSite(child, await child.ready(port.promise, READY_WITHIN_MS), latest)
    } catch (error) {
      await child.end()
      throw error
    }
  }

  /** As it said a fifth of a second ago at most, when it is not choked. */
  get reached(): Reached {
    return this.#latest.reached
  }

  end(): Promise<void> {
    return this.#child.end()
  }
}

/** A checkout runs the scenario as it stands; the package carries it built. */
function mainFile(): string {
  const source = fileURLToPath(new URL('../../../scenarios/petition/main.ts', import.meta.url))
  if (import.meta.url.endsWith('.ts')) return source
  const built = fileURLToPath(new URL('../../scenarios/petition/main.js', import.meta.url))
  if (existsSync(built)) return built
  throw new Error(`the demo's petition site is missing: ${built}; install the package anew`)
}
