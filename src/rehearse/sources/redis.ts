// Redis and Valkey as a source: INFO and the slow log, over a socket of its own in the protocol itself (RESP 2), which is
// three kinds of answers for what is asked here.
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { withoutSecrets } from './postgres.ts'
import { type QueryCounts, slowestSince } from './sessions.ts'
import type { Calls, Sample, SlowQuery, Source } from './source.ts'

const WITHIN_MS = 2000
/** The slow log of Redis has 128 entries unless it is told otherwise. */
const MOST_SLOW = 128

type Reply = string | number | null | Error | Reply[]

export class RedisSource implements Source {
  readonly name: string
  readonly #socket: Socket
  #text = ''
  #waiting: ((reply: Reply) => void)[] = []
  #before: { cpu: number; at: number } | undefined
  readonly #since = Math.floor(Date.now() / 1000)

  private constructor(name: string, socket: Socket) {
    this.name = name
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#read(text))
    socket.on('error', error => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the connection was closed')))
  }

  /** Connects, with an address such as redis://:password@127.0.0.1:6379. Rejects with the error of the network or of Redis. */
  static async open(address: string): Promise<RedisSource> {
    const url = new URL(address)
    const place = { host: url.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1', port: Number(url.port || 6379) }
    const source = new RedisSource(
      withoutSecrets(address),
      url.protocol === 'rediss:' ? connectTls(place) : connect(place),
    )
    if (url.password !== '') {
      const user = url.username === '' ? [] : [decodeURIComponent(url.username)]
      await source.#ask('AUTH', ...user, decodeURIComponent(url.password))
    }
    await source.read()
    return source
  }

  async read(): Promise<Sample[]> {
    const info = infoOf(String(await this.#ask('INFO', 'everything')))
    const now = { cpu: info('used_cpu_user_main_thread') + info('used_cpu_sys_main_thread'), at: performance.now() }
    const before = this.#before ?? now
    this.#before = now
    const busy = now.at === before.at ? 0 : Math.min(1, ((now.cpu - before.cpu) * 1000) / (now.at - before.at))
    const [used, most] = [info('used_memory'), info('maxmemory')]
    const [clients, mostClients] = [info('connected_clients'), info('maxclients')]
    return [
      { signal: 'cpu of Redis', value: busy, detail: `the one thread that answers for Redis was at work ${Math.round(busy * 100)}% of the time, for ${info('instantaneous_ops_per_sec')} commands a second` },
      { signal: 'memory of Redis', value: most > 0 ? Math.min(1, used / most) : 0, detail: `Redis held ${mib(used)} of the ${mib(most)} that it may hold, and had put out ${info('evicted_keys')} keys` },
      { signal: 'clients of Redis', value: mostClients > 0 ? Math.min(1, clients / mostClients) : 0, detail: `${clients} of the ${mostClients} clients that Redis takes were connected, ${info('blocked_clients')} of them blocked` },
    ] // prettier-ignore
  }

  async calls(): Promise<Calls | null> {
    const info = infoOf(String(await this.#ask('INFO', 'stats')))
    return { count: info('total_commands_processed'), of: 'commands' }
  }

  async slowQueries(): Promise<SlowQuery[]> {
    const entries = await this.#ask('SLOWLOG', 'GET', String(MOST_SLOW))
    const counts = new Map<string, QueryCounts>()
    for (const entry of Array.isArray(entries) ? entries : []) {
      const [, at, micros, words] = entry as [number, number, number, string[]]
      // The command and its key tell what was slow; values are the visitors'.
      const query = words.slice(0, 2).join(' ')
      const { calls, totalMs } = counts.get(query) ?? { calls: 0, totalMs: 0 }
      if (at >= this.#since) counts.set(query, { query, calls: calls + 1, totalMs: totalMs + micros / 1000 })
    }
    return slowestSince(new Map(), counts)
  }

  async close(): Promise<void> {
    this.#socket.destroy()
  }

  async #ask(...words: string[]): Promise<Reply> {
    const { promise, resolve } = Promise.withResolvers<Reply>()
    this.#waiting.push(resolve)
    this.#socket.write(
      `*${words.length}\r\n${words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`,
    )
    const late = setTimeout(() => this.#fail(new Error(`Redis did not answer within ${WITHIN_MS / 1000} s`)), WITHIN_MS)
    const reply = await promise
    clearTimeout(late)
    if (reply instanceof Error) throw reply
    return reply
  }

  #read(text: string): void {
    this.#text += text
    for (;;) {
      const parsed = parse(this.#text, 0)
      if (parsed === undefined) return
      this.#text = this.#text.slice(parsed.end)
      this.#waiting.shift()?.(parsed.reply)
    }
  }

  #fail(error: Error): void {
    for (const resolve of this.#waiting.splice(0)) resolve(error)
  }
}

/** The reply that begins at `from`, and where it ends; undefined when more has to come. */
function parse(text: string, from: number): { reply: Reply; end: number } | undefined {
  const lineEnd = text.indexOf('\r\n', from)
  if (lineEnd < 0) return undefined
  const [kind, rest, next] = [text[from], text.slice(from + 1, lineEnd), lineEnd + 2]
  if (kind === '+') return { reply: rest, end: next }
  if (kind === '-') return { reply: new Error(rest), end: next }
  if (kind === ':') return { reply: Number(rest), end: next }
  const length = Number(rest)
  if (length < 0) return { reply: null, end: next }
  if (kind === '*') return parseList(text, next, length)
  return text.length < next + length + 2
    ? undefined
    : { reply: text.slice(next, next + length), end: next + length + 2 }
}

function parseList(text: string, from: number, length: number): { reply: Reply[]; end: number } | undefined {
  const reply: Reply[] = []
  let end = from
  for (let i = 0; i < length; i++) {
    const parsed = parse(text, end)
    if (parsed === undefined) return undefined
    reply.push(parsed.reply)
    end = parsed.end
  }
  return { reply, end }
}

const infoOf =
  (text: string) =>
  (name: string): number =>
    Number(new RegExp(`^${name}:(\\S+)`, 'm').exec(text)?.[1] ?? 0)
const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`
