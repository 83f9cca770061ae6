// The scripts on a real server, without the link: what a test runs is what a node runs.

import { Redis as Client } from 'iovalkey'
import { keysOf } from '../../src/cluster/keys.ts'
import { scripts } from '../../src/cluster/scripts.ts'
import type { ScriptName } from '../../src/cluster/scripts.ts'
import type { Redis } from '../fixtures/redis.ts'

export const keys = keysOf('test')

export class Runner implements Disposable {
  readonly client: Client

  constructor(redis: Redis) {
    this.client = new Client({ port: redis.port, retryStrategy: () => 50, maxRetriesPerRequest: null })
    this.client.on('error', () => {})
  }

  run(name: ScriptName, keys: readonly string[], args: readonly (string | number | Buffer)[]): Promise<unknown> {
    return this.client.eval(scripts[name].text, keys.length, ...keys, ...args)
  }

  [Symbol.dispose](): void {
    this.client.disconnect()
  }
}
