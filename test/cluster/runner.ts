// The scripts on a real server, without the link: what a test runs is what a node runs.

import { Redis as Client } from 'iovalkey'
import { keysOf } from '../../src/cluster/keys.ts'
import { scripts } from '../../src/cluster/scripts.ts'
import type { ScriptName } from '../../src/cluster/scripts.ts'
import { Redis } from '../fixtures/redis.ts'

export const keys = keysOf('test')

export class Runner implements AsyncDisposable {
  readonly redis: Redis
  readonly client: Client

  /** With a server of its own. */
  static async start(): Promise<Runner> {
    return new Runner(await Redis.start())
  }

  private constructor(redis: Redis) {
    this.redis = redis
    this.client = new Client({ port: redis.port, retryStrategy: () => 50, maxRetriesPerRequest: null })
    this.client.on('error', () => {})
  }

  run(name: ScriptName, keys: readonly string[], args: readonly (string | number | Buffer)[]): Promise<unknown> {
    return this.client.eval(scripts[name].text, keys.length, ...keys, ...args)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.disconnect()
    await this.redis[Symbol.asyncDispose]()
  }
}
