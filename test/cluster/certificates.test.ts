// What nodes tell each other of ordered certificates, over a real server: sealed where they have a secret in common, so that the server holds
// nobody's private key; and what lay there in plain before is gone.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from '../../src/base/random.ts'
import { shareCertificates } from '../../src/cluster/certificates.ts'
import { keysOf } from '../../src/cluster/keys.ts'
import { Link } from '../../src/cluster/link.ts'
import { Words } from '../../src/cluster/words.ts'
import type { CertificatesHeard, CertificatesSaid } from '../../src/threads/cluster.ts'
import { Redis, noRedis } from '../fixtures/redis.ts'

const DIRECTORY = 'https://authority.example/directory'
const KEY = '-----BEGIN PRIVATE KEY-----\nMIG…\n-----END PRIVATE KEY-----\n'
const certificate = { name: 'shop.example', directory: DIRECTORY, chain: 'a chain', key: KEY, renewAt: 5 }
const nothing: CertificatesSaid = {
  ...{ answers: { http: [], alpn: [] }, has: [], offers: [] },
  ...{ directory: DIRECTORY, account: null, order: null },
}
/** As the node that has ordered says it. */
const all: CertificatesSaid = {
  ...nothing,
  answers: { http: [['token', 'text']], alpn: [{ name: 'shop.example', chain: 'a chain', key: KEY }] },
  offers: [{ certificate, until: 10, isNew: true }],
  account: KEY,
}

test('a key goes from node to node, and does not lie on the server', { skip: noRedis ?? false }, async () => {
  await using redis = await Redis.start()
  const link = await new Promise<Link>(resolve => {
    const made: Link = new Link({
      ...{ urls: [redis.url], user: undefined, password: undefined, ca: undefined, channel: 'news' },
      ...{ random: systemRandom, news: () => undefined, up: () => resolve(made), down: () => undefined },
    })
  })
  const keys = keysOf('shops')
  const say = async (name: string, secret: string | null, said: CertificatesSaid): Promise<CertificatesHeard> => {
    const heard = await shareCertificates({ link, keys, name, words: secret === null ? null : new Words(secret) }, said)
    assert.ok(heard !== 'away')
    return heard
  }
  const held = async (): Promise<string> => (await redis.everything()).join('\n')

  // Without a secret all of it is there to read, as check warns.
  await say('a', null, all)
  assert.match(await held(), /PRIVATE KEY/)
  assert.equal((await say('b', null, nothing)).certificates[0]!.certificate.key, KEY)

  await say('a', 'one secret', all)
  assert.doesNotMatch(await held(), /PRIVATE KEY|a chain|token/)
  const heard = await say('b', 'one secret', nothing)
  assert.deepEqual(
    [heard.certificates.map(each => each.certificate), heard.account, heard.answers],
    [[certificate], KEY, [all.answers]],
  )

  const stranger = await say('c', 'another secret', nothing)
  assert.deepEqual([stranger.certificates, stranger.account, stranger.answers], [[], null, []])

  // Who orders is agreed on by all, whatever secret they have.
  const order = { name: 'shop.example', for: 10_000 }
  assert.equal((await say('b', 'one secret', { ...nothing, order })).mayOrder, true)
  assert.equal((await say('c', 'another secret', { ...nothing, order })).mayOrder, false)

  // Whoever writes on the server can bring nobody to show what they have made.
  const mark = new Words('one secret').mark
  await redis.ask('HSET', `shops:{nodes}:certificates:${mark}`, 'shop.example', forged())
  assert.deepEqual((await say('d', 'one secret', nothing)).certificates, [])
  link.close()
})

const forged = (): string => JSON.stringify({ word: '9', ends: 99, text: JSON.stringify(certificate) })
