// Claims as they lie in the server: who fetches which page, and what was offered to those who wait for it. One method for each script.

import { createHash } from 'node:crypto'
import type { FetchesHost } from './fetches.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

/** Milliseconds that a claim lasts unless it is renewed, which the rounds of the node do three times in that. */
const CLAIMED_FOR = 1500
/** Milliseconds that an owner has to take up what it is asked for: a hundred times the way there and back within a data centre. */
export const ASKED_FOR = 300
/** Milliseconds for which others may ask for what was fetched. */
export const GIVEN_FOR = 10_000
/** Claims at once, in either direction: at a few hundred bytes some MiB. More are fetched by each node for itself. */
export const MOST = 4096
/** Milliseconds that an offered response lies in the store. */
const OFFERED_FOR = 3000

/** Its page's key, and in the next line the first name of what it varies by (store/keys.ts). */
const VARIANT = /^([^\n]*)\n[a-z]/

/** What became of a claim (scripts/claim.lua). */
export type Claimed = 'mine' | 'asked' | 'fetching' | 'done'

/** It may be asked for; each fetches for itself; it was there, and is not any more. */
export type Ended = 'done' | 'free' | 'again'

export interface ClaimsParts {
  link: Pick<Link, 'run'>
  keys: Keys
  name: string
  incarnation: string
  host: Pick<FetchesHost, 'sharedAs'>
}

export class Claims {
  readonly #parts: ClaimsParts

  constructor(parts: ClaimsParts) {
    this.#parts = parts
  }

  /** What stands for the page among nodes that store it alike; undefined where it may not be shared. */
  idOf(key: string): string | undefined {
    const shared = this.#parts.host.sharedAs(key)
    if (shared === undefined) return undefined
    return createHash('sha256').update(shared).update('\n').update(key, 'latin1').digest('base64url').slice(0, 32)
  }

  /** The id of the page that the key with this id is of: the same where it is no variant's. */
  pageOf(key: string, id: string): string {
    const [, page] = VARIANT.exec(key) ?? []
    return page === undefined ? id : this.idOf(page)!
  }

  /** `owner` is asked first, and told `wish`; nobody where it is empty. */
  async claim(key: string, id: string, owner: string, wish: string): Promise<Claimed> {
    const args = [...this.#self, CLAIMED_FOR, this.#parts.keys.news, id, owner, ASKED_FOR, wish]
    return (await this.#run('claim', [this.#claimOf(key, id)], args)) as Claimed
  }

  async renew(key: string, id: string): Promise<void> {
    await this.#run('claim-renew', [this.#claimOf(key, id)], [...this.#self, CLAIMED_FOR])
  }

  /** What was claimed has ended. True where others want what came of it. */
  async end(key: string, id: string, how: Ended): Promise<boolean> {
    const args = [...this.#self, how, GIVEN_FOR, this.#parts.keys.news, id]
    return (await this.#run('claim-end', [this.#claimOf(key, id)], args)) === 1
  }

  /** As its owner, and not now. */
  async turnDown(key: string, id: string): Promise<void> {
    await this.#run('turn-down', [this.#claimOf(key, id)], [this.#parts.name, this.#parts.keys.news, id])
  }

  async offer(key: string, id: string, text: string): Promise<void> {
    const args = [text, OFFERED_FOR, this.#parts.keys.news, id]
    await this.#run('offer', [this.#recordOf(key, id), this.#claimOf(key, id)], args)
  }

  async take(key: string, id: string): Promise<string | undefined> {
    const text = await this.#run('take', [this.#recordOf(key, id)], [])
    return typeof text === 'string' ? text : undefined
  }

  /** What was stored is not true any more. */
  async unclaim(key: string, id: string): Promise<void> {
    await this.#run('unclaim', [this.#claimOf(key, id), this.#recordOf(key, id)], [])
  }

  get #self(): [string, string] {
    return [this.#parts.name, this.#parts.incarnation]
  }

  #run: Link['run'] = (name, keys, args) => this.#parts.link.run(name, keys, args)

  #claimOf = (key: string, id: string): string => this.#parts.keys.claim(siteOf(key), id)
  #recordOf = (key: string, id: string): string => this.#parts.keys.record(siteOf(key), id)
}

/** Keys begin with the site's name (store/keys.ts). */
export const siteOf = (key: string): string => key.split(' ', 1)[0]!
