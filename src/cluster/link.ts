// The link to the server: finds the primary among the URLs, holds one connection for commands and one for news, and finds it
// again when it is lost. Nothing waits in a queue for a server that does not answer: what cannot be said now fails now.

import type { Redis, RedisOptions } from 'iovalkey'
import type { Random } from '../base/random.ts'
import type { Config } from '../config/types.ts'
import type { ServerFacts } from '../threads/cluster.ts'
import { scripts } from './scripts.ts'
import type { ScriptName } from './scripts.ts'
import { isPrimary, serverFacts } from './server.ts'

/** Milliseconds. A server in the same network answers within one; a paused one not at all. */
const ANSWER_WITHIN = 1000
/** Milliseconds between two tries, at random up to twice that, so that nodes do not come all at once. */
const TRY_AGAIN = 150

/** Where the server is, and how it knows us. */
interface ServerAccess {
  urls: readonly string[]
  user: string | undefined
  password: string | undefined
  ca: string | undefined
}

export interface LinkParts extends ServerAccess {
  /** The channel to listen on. */
  channel: string
  /** Milliseconds within which it answers, where that is not a second. */
  within?: number
  random: Random
  up(facts: ServerFacts): void
  down(why: string): void
  news(text: string): void
}

export const accessOf = ({ url, user, password, ca }: Config['cluster']): ServerAccess => {
  return { urls: url, user, password: password?.secret, ca }
}

interface Connections {
  url: string
  commands: Redis
  news: Redis
}

export class Link {
  readonly #parts: LinkParts
  #open: Connections | null = null
  #timer: NodeJS.Timeout | null = null
  #isClosed = false
  /** What the connection that is being made has complained of. */
  #said: string | null = null

  constructor(parts: LinkParts) {
    this.#parts = parts
    void this.#find()
  }

  /** Runs a script; rejects where there is no link, and when the server does not answer in time. */
  run(name: ScriptName, keys: readonly string[], args: readonly (string | number | Buffer)[]): Promise<unknown> {
    const { text, digest } = scripts[name]
    return this.#ask(({ commands }) =>
      commands
        .evalsha(digest, keys.length, ...keys, ...args)
        .catch((error: unknown) => once(error, () => commands.eval(text, keys.length, ...keys, ...args))),
    )
  }

  /** The same for what is no text: bytes go there, and bytes come back. */
  runBytes(name: ScriptName, keys: readonly string[], args: readonly (string | Buffer)[]): Promise<unknown> {
    const { text, digest } = scripts[name]
    const words = [String(keys.length), ...keys, ...args]
    return this.#ask(({ commands }) =>
      commands
        .callBuffer('EVALSHA', digest, ...words)
        .catch((error: unknown) => once(error, () => commands.callBuffer('EVAL', text, ...words))),
    )
  }

  /** One command; bytes come back. Rejects as `run` does. */
  call(command: string, ...args: (string | number | Buffer)[]): Promise<unknown> {
    return this.#ask(({ commands }) => commands.callBuffer(command, ...args))
  }

  async #ask(question: (open: Connections) => Promise<unknown>): Promise<unknown> {
    const open = this.#open
    if (open === null) throw new Error('no server is linked')
    try {
      return await question(open)
    } catch (error) {
      // A replica now, or one that hangs: another may be the primary.
      if (open === this.#open && !/^(ERR|OOM|NOPERM)/.test(messageOf(error))) this.#lose(messageOf(error))
      throw error
    }
  }

  close(): void {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#part(this.#open)
    this.#open = null
  }

  /** Tries each URL in turn until one is a primary that answers. */
  async #find(): Promise<void> {
    const found: string[] = []
    for (const url of this.#parts.urls) {
      this.#said = null
      try {
        if (await this.#connect(url)) return
        found.push(`${url} is a replica`)
      } catch (error) {
        found.push(`${url}: ${this.#said ?? messageOf(error)}`)
      }
      if (this.#isClosed) return
    }
    this.#parts.down(found.join('; '))
    this.#again()
  }

  async #connect(url: string): Promise<boolean> {
    const [commands, news] = await Promise.all([this.#client(url), this.#client(url)])
    try {
      await commands.connect()
      if (!isPrimary(await commands.call('ROLE'))) return false
      const facts = serverFacts(await commands.info('server'))
      // So that what is asked first is carried out first: a script that is not there yet would be sent a second time.
      await Promise.all(Object.values(scripts).map(({ text }) => commands.call('SCRIPT', 'LOAD', text)))
      await news.connect()
      await news.subscribe(this.#parts.channel)
      if (this.#isClosed) return false
      const open = (this.#open = { url, commands, news })
      for (const client of [commands, news])
        client.on('close', () => open === this.#open && this.#lose('the connection was closed'))
      news.on('message', (_, text: string) => this.#parts.news(text))
      this.#parts.up(facts)
      return true
    } finally {
      if (this.#open?.commands !== commands) this.#part({ url, commands, news })
    }
  }

  async #client(url: string): Promise<Redis> {
    const { hostname, port, protocol } = new URL(url)
    const { user, password, ca, within = ANSWER_WITHIN } = this.#parts
    const options: RedisOptions = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? 6379 : Number(port),
      ...(user === undefined ? {} : { username: user }),
      ...(password === undefined ? {} : { password }),
      ...(protocol === 'rediss:' ? { tls: ca === undefined ? {} : { ca } } : {}),
      lazyConnect: true,
      retryStrategy: () => null,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      autoResubscribe: false,
      ...{ connectTimeout: ANSWER_WITHIN, commandTimeout: within },
    }
    // Loaded where there is a cluster, since most sites have none and a start is to be short.
    const iovalkey = await import('iovalkey')
    const client = new iovalkey.Redis(options)
    // That something went wrong is told by the promise of what was asked, and by `close`; what it was, by this alone.
    client.on('error', error => (this.#said = messageOf(error)))
    return client
  }

  #lose(why: string): void {
    const lost = this.#open
    this.#open = null
    this.#part(lost)
    this.#parts.down(`${lost?.url}: ${why}`)
    this.#again()
  }

  #part(connections: Connections | null): void {
    connections?.commands.disconnect()
    connections?.news.disconnect()
  }

  #again(): void {
    if (this.#isClosed || this.#timer !== null) return
    this.#timer = setTimeout(
      () => {
        this.#timer = null
        void this.#find()
      },
      TRY_AGAIN * (1 + this.#parts.random.next()),
    )
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A server that does not know a script by its digest is sent it. */
function once(error: unknown, again: () => Promise<unknown>): Promise<unknown> {
  if (messageOf(error).startsWith('NOSCRIPT')) return again()
  throw error
}
