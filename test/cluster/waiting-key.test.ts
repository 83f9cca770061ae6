// The key that nodes sign the tickets of waiting rooms with, over a real server: sealed where they have a secret in common.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { keysOf } from '../../src/cluster/keys.ts'
import { Link } from '../../src/cluster/link.ts'
import { SharedRooms } from '../../src/cluster/rooms.ts'
import { Words } from '../../src/cluster/words.ts'
import { Redis, noRedis } from '../fixtures/redis.ts'

const [OLD, NEW] = ['0a'.repeat(32), '0b'.repeat(32)]
const SECRET = 'a secret of thirty-two characters'

test(
  'a node with a secret keeps the key of the cluster, and takes it off the server',
  { skip: noRedis ?? false },
  async () => {
    await using redis = await Redis.start()
    const link = await new Promise<Link>(resolve => {
      const made: Link = new Link({
        ...{ urls: [redis.url], user: undefined, password: undefined, ca: undefined, channel: 'news' },
        ...{ random: systemRandom, news: () => undefined, up: () => resolve(made), down: () => undefined },
      })
    })
    const logged: string[] = []
    /** What a node signs with that comes with `own`. */
    const joined = async (own: string, secret: string | null): Promise<string | null> => {
      const rooms = new SharedRooms({
        ...{ link, keys: keysOf('shops'), clock: systemClock, random: systemRandom, name: 'a', incarnation: '1' },
        ...{ log: (_level, event) => void logged.push(event), words: secret === null ? null : new Words(secret) },
      })
      let key: string | null = null
      rooms.begin({ secret: () => own, agreed: agreed => (key = agreed) })
      await rooms.round(null)
      await rooms.round(null)
      return key
    }
    const held = async (): Promise<string> => (await redis.everything()).join('\n')

    assert.equal(await joined(OLD, null), OLD)
    assert.equal(await joined(NEW, null), OLD)
    assert.ok((await held()).includes(OLD))

    assert.equal(await joined(OLD, SECRET), OLD)
    assert.equal(await joined(NEW, SECRET), OLD)
    assert.ok(!(await held()).includes(OLD))

    await redis.ask('SET', keysOf('shops').secret(new Words(SECRET).mark)[0]!, NEW)
    assert.equal(await joined(OLD, SECRET), null)
    assert.deepEqual(logged, ['waiting-room-key-unreadable'])
    link.close()
  },
)
