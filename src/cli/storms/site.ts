// The small site of a scenario as a process of its own, and what it reports of itself: how many requests reached it, at
// what CPU.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Child } from './child.ts'

const READY_WITHIN_MS = 20_000

/** What has come to the site since it started. */
export interface Reached {
  answered: number
  cpuMs: number
}

export class ScenarioSite {
  readonly url: string
  readonly #child: Child
  readonly #latest: { reached: Reached }

  private constructor(child: Child, port: number, latest: { reached: Reached }) {
    this.#child = child
    this.url = `http://127.0.0.1:${port}`
    this.#latest = latest
  }

  /** Starts the site of scenarios/`name` with a database of its own in `folder`. */
  static async start(name: string, folder: string): Promise<ScenarioSite> {
    const latest = { reached: { answered: 0, cpuMs: 0 } }
    const port = Promise.withResolvers<number>()
    const child = new Child(
      `The site of the scenario ${name}`,
      [mainFile(name), '--data', folder, '--report'],
      line => {
        const said = JSON.parse(line) as { port: number } | Reached
        if ('port' in said) port.resolve(said.port)
        else latest.reached = said
      },
    )
    try {
      return new ScenarioSite(child, await child.ready(port.promise, READY_WITHIN_MS), latest)
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
function mainFile(name: string): string {
  const source = fileURLToPath(new URL(`../../../scenarios/${name}/main.ts`, import.meta.url))
  if (import.meta.url.endsWith('.ts')) return source
  const built = fileURLToPath(new URL(`../../scenarios/${name}/main.js`, import.meta.url))
  if (existsSync(built)) return built
  throw new Error(`the site of the scenario ${name} is missing: ${built}; install the package anew`)
}
