// One request of the audit: what a visitor's browser would get, with its times and the bytes it took on the wire. Reads
// bodies up to a bound, decodes them, and never throws: what went wrong is part of what is reported.
import { request as plain } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as secure } from 'node:https'
import { isIP } from 'node:net'
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { all, first } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'

export interface Visit {
  url: string
  /** 0 where there was no answer, and `error` says why. */
  status: number
  error: string | undefined
  /** Of the request and of the response, as they were sent. */
  asked: Fields
  fields: Fields
  /** Bytes of the body on the wire, and decoded; `cut` when there were more than MOST_BYTES of them. */
  wireBytes: number
  body: Buffer
  cut: boolean
  /** Milliseconds to the response's head, and to its end. */
  firstByteMs: number
  totalMs: number
  /** Wall clock, milliseconds. */
  requestedAt: number
  receivedAt: number
}

/** Pages are rarely beyond 1 MiB; of what is larger the rest is not read. */
const MOST_BYTES = 8 * 1024 * 1024
const WITHIN_MS = 30_000

/** What a browser says of itself. */
export const BROWSER_HEADER: Fields = [
  ...['User-Agent', 'Mozilla/5.0 (compatible; Breakwater-Audit)'],
  ...['Accept', 'text/html,application/xhtml+xml,*/*;q=0.8'],
  ...['Accept-Encoding', 'br, gzip'],
  ...['Accept-Language', 'en'],
]

/**
 * Asks for `url` as a visitor with these cookies would; `cookie` is a Cookie field's value, empty for none. `header`: who is
 * said to ask. `host`: the Host that is sent, and the name asked for in TLS, where that is not the URL's.
 */
export function visit(
  url: string,
  cookie: string,
  header: Fields = BROWSER_HEADER,
  host = new URL(url).host,
): Promise<Visit> {
  const asked: Fields = ['Host', host, ...header, ...(cookie === '' ? [] : ['Cookie', cookie])]
  const seen: Visit = {
    ...{ url, status: 0, error: undefined, asked, fields: [], wireBytes: 0, body: Buffer.alloc(0), cut: false },
    ...{ firstByteMs: 0, totalMs: 0, requestedAt: Date.now(), receivedAt: 0 },
  }
  const started = performance.now()
  return new Promise(resolve => {
    const end = (error?: Error): void => {
      seen.totalMs = performance.now() - started
      if (error !== undefined) Object.assign(seen, { status: 0, error: error.message })
      resolve(seen)
    }
    const send = url.startsWith('https:') ? secure : plain
    const servername = nameIn(host)
    const tls = servername === '' ? {} : { servername }
    const options = { headers: asked, agent: false, signal: AbortSignal.timeout(WITHIN_MS), ...tls } as const
    const call = send(url, options, response => {
      seen.firstByteMs = performance.now() - started
      seen.receivedAt = Date.now()
      Object.assign(seen, { status: response.statusCode ?? 0, fields: response.rawHeaders })
      read(response, seen).then(() => end(), end)
    })
    call.on('error', end).end()
  })
}

/** The name that a Host has for TLS; empty for an address, which is no name. */
const nameIn = (host: string): string => {
  const name = host.replace(/:\d+$/, '')
  return isIP(name.replace(/^\[|\]$/g, '')) === 0 ? name : ''
}

async function read(response: IncomingMessage, seen: Visit): Promise<void> {
  const pieces: Buffer[] = []
  for await (const piece of response as AsyncIterable<Buffer>) {
    seen.wireBytes += piece.length
    if (seen.wireBytes > MOST_BYTES) {
      seen.cut = true
      break
    }
    pieces.push(piece)
  }
  seen.body = seen.cut ? Buffer.alloc(0) : decoded(Buffer.concat(pieces), first(seen.fields, 'content-encoding'))
}

const DECODERS: Record<string, (bytes: Buffer) => Buffer> = {
  br: brotliDecompressSync,
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  zstd: zstdDecompressSync,
}

function decoded(bytes: Buffer, coding: string | undefined): Buffer {
  const decode = DECODERS[coding?.trim().toLowerCase() ?? '']
  return decode === undefined ? bytes : decode(bytes)
}

/** Media type without parameters, in lower case. */
export const mediaTypeOf = ({ fields }: Visit): string =>
  (first(fields, 'content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase()

/** The cookies that the response sets, as a browser sends them back. */
export const cookiesSetBy = ({ fields }: Visit): string[] =>
  all(fields, 'set-cookie').map(line => line.split(';', 1)[0]!.trim())

/** Where an answer sends its visitor, absolute. */
export function redirectOf({ status, fields, url }: Visit): string | undefined {
  const location = status >= 300 && status < 400 && status !== 304 ? first(fields, 'location') : undefined
  return location === undefined ? undefined : URL.parse(location, url)?.href
}
