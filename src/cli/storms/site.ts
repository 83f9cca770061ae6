// The small site of a scenario as a process of its own, and what it reports of itself: how many requests reached it, at
// what CPU.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Child } from './child.ts'

export const READY_WITHIN_MS = 20_000

/** What has come to the site since it started. */
export interface Reached {
  answered: number
  cpuMs: number
  /** Requests that it had begun and not yet answered, at most. */
  atOnce: number
}

interface Ports {
  port: number
  neighbour?: number
}

export class ScenarioSite {
  readonly url: string
  /** Of another client's site on the same machine, where the scenario has one. */
  readonly neighbourUrl: string | undefined
  readonly #child: Child
  readonly #latest: { reached: Reached }

  private constructor(child: Child, { port, neighbour }: Ports, latest: { reached: Reached }) {
    this.#child = child
    this.url = `http://127.0.0.1:${port}`
    this.neighbourUrl = neighbour === undefined ? undefined : `http://127.0.0.1:${neighbour}`
    this.#latest = latest
  }

  /** Starts the site of scenarios/`name` with a database of its own in `folder`. */
  static async start(name: string, folder: string): Promise<ScenarioSite> {
    const latest = { reached: { answered: 0, cpuMs: 0, atOnce: 0 } }
    const ports = Promise.withResolvers<Ports>()
    const child = new Child(
      `The site of the scenario ${name}`,
      [mainFile(name), '--data', folder, '--report'],
      line => {
        const said = JSON.parse(line) as Ports | Reached
        if ('port' in said) ports.resolve(said)
        else latest.reached = said
      },
    )
    try {
      return new ScenarioSite(child, await child.ready(ports.promise, READY_WITHIN_MS), latest)
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
export function mainFile(name: string): string {
  const source = fileURLToPath(new URL(`../../../scenarios/${name}/main.ts`, import.meta.url))
  if (import.meta.url.endsWith('.ts')) return source
  const built = fileURLToPath(new URL(`../../scenarios/${name}/main.js`, import.meta.url))
  if (existsSync(built)) return built
  throw new Error(`the site of the scenario ${name} is missing: ${built}; install the package anew`)
}
