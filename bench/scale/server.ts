// The cluster's server as it counts itself: commands and scripts that it has carried out, CPU time, memory.

import { Redis as Client } from 'iovalkey'
import { until } from './until.ts'

export interface Counts {
  /** Scripts that nodes have asked for, and all commands, those inside of scripts too. */
  scripts: number
  commands: number
  /** CPU microseconds of its process. */
  cpu: number
  /** Bytes in use. */
  memory: number
}

/** What INFO says, read as `NAME:VALUE` lines. */
export function countsIn(info: string): Counts {
  const number = (name: string): number => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(info)?.[1] ?? 0)
  const calls = [...info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(
    ([, name, count]) => [name, Number(count)] as const,
  )
  const of = (wanted: (name: string) => boolean): number =>
    calls.reduce((sum, [name, count]) => sum + (wanted(name!) ? count : 0), 0)
  return {
    scripts: of(name => name === 'evalsha' || name === 'eval'),
    commands: of(name => name !== 'info'),
    cpu: Math.round((number('used_cpu_user') + number('used_cpu_sys')) * 1e6),
    memory: number('used_memory'),
  }
}

export class Server {
  readonly #client: Client

  private constructor(client: Client) {
    this.#client = client
  }

  /** Resolves once it answers. */
  static async at(port: number): Promise<Server> {
    const client = new Client({ port, retryStrategy: () => 50 })
    client.on('error', () => {})
    await until('the server answers', async () => (await client.ping().catch(() => '')) === 'PONG')
    return new Server(client)
  }

  async counts(): Promise<Counts> {
    const parts = ['commandstats', 'cpu', 'memory'].map(part => this.#client.info(part))
    return countsIn((await Promise.all(parts)).join('\n'))
  }

  close(): void {
    this.#client.disconnect()
  }
}
