// A visitor's connection that speaks HTTP/2, through Node's client: what raw sockets cannot do cheaply. Each answer is given
// to the same reader as those of HTTP/1.1, written out as one, so that a visitor cannot tell which they use.
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2'
import { Asked, type Asker } from './asked.ts'
import type { Address } from './connection.ts'

/** Fields that mean something to a connection of HTTP/1.1 alone (RFC 9113 section 8.2.2), or that h2 says otherwise. */
const LEFT_OUT = new Set(['host', 'connection', 'content-length'])

/** How long a site may take to say that it speaks HTTP/2. */
const GREETING_MS = 5000

/** Whether the site speaks it: by ALPN over TLS, by its settings where the client begins without asking (RFC 9113 section 3). */
export async function speaksHttp2(to: Address): Promise<boolean> {
  const session = open(to)
  const late = setTimeout(() => session.destroy(), GREETING_MS)
  const greeted = await new Promise<boolean>(resolve => {
    session.once('remoteSettings', () => resolve(true))
    session.once('error', () => resolve(false))
    session.once('close', () => resolve(false))
  })
  clearTimeout(late)
  session.destroy()
  return greeted
}

function open(to: Address): ClientHttp2Session {
  const host = to.host.includes(':') ? `[${to.host}]` : to.host
  const name = to.tls === undefined || to.tls.name === '' ? {} : { servername: to.tls.name }
  const verify = { rejectUnauthorized: to.tls?.verify ?? false }
  return connect(`${to.tls === undefined ? 'http' : 'https'}://${host}:${to.port}`, { ...verify, ...name })
}

export class Http2Connection extends Asked {
  readonly #session: ClientHttp2Session
  readonly #secure: boolean
  /** A session that has ended says so itself. */
  protected readonly reusable = true

  constructor(to: Address, asker: Asker) {
    super(asker)
    this.#secure = to.tls !== undefined
    this.#session = open(to)
    this.#session.once('connect', () => (this.connected = true))
    this.#session.once('error', () => this.fail())
    this.#session.once('goaway', () => this.#session.close())
    this.#session.once('close', () => this.shut())
  }

  /** What the text of an HTTP/1.1 request says. */
  protected send(request: string): void {
    const { headers, body } = asHttp2(request, this.#secure)
    if (this.#session.closed || this.#session.destroyed) return void setImmediate(() => this.finish('untouched'))
    this.#read(this.#session.request(headers, { endStream: body === '' }), body)
  }

  protected destroy(): void {
    this.#session.destroy()
  }

  #read(stream: ClientHttp2Stream, body: string): void {
    if (body !== '') stream.end(body, 'latin1')
    const chunks: Buffer[] = []
    let head: IncomingHttpHeaders | undefined
    stream.once('response', headers => {
      head = headers
      this.touched = true
    })
    stream.on('data', (chunk: Buffer) => {
      this.asker.read(chunk.length)
      chunks.push(chunk)
    })
    stream.once('error', () => this.fail())
    stream.once('end', () => {
      // A session that is cut ends its streams, too, but not with NO_ERROR (RFC 9113 section 7).
      if (head === undefined || stream.rstCode !== constants.NGHTTP2_NO_ERROR) return this.finish(this.broken)
      const whole = asHttp1(head, Buffer.concat(chunks))
      this.finish(this.response.read(whole, whole.length) === 'done' ? 'answered' : 'malformed')
    })
  }
}

/** The fields of a request as it was written for HTTP/1.1, with what h2 has in their place (RFC 9113 section 8.3.1). */
function asHttp2(request: string, secure: boolean): { headers: Record<string, string>; body: string } {
  const end = request.indexOf('\r\n\r\n')
  const [line = '', ...fields] = request.slice(0, end).split('\r\n')
  const [method = 'GET', path = '/'] = line.split(' ')
  const named = fields.map(field => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 2)] as const) // prettier-ignore
  const authority = named.find(([name]) => name === 'host')?.[1] ?? ''
  const pseudo = {
    [constants.HTTP2_HEADER_METHOD]: method,
    [constants.HTTP2_HEADER_PATH]: path,
    [constants.HTTP2_HEADER_SCHEME]: secure ? 'https' : 'http',
    [constants.HTTP2_HEADER_AUTHORITY]: authority,
  }
  const kept = Object.fromEntries(named.filter(([name]) => !LEFT_OUT.has(name)))
  return { headers: { ...pseudo, ...kept }, body: request.slice(end + 4) }
}

/** The same answer as it would stand on a connection of HTTP/1.1. */
function asHttp1(head: IncomingHttpHeaders, body: Buffer): Buffer {
  const fields = Object.entries(head).flatMap(([name, value]) =>
    name.startsWith(':') || LEFT_OUT.has(name) || value === undefined
      ? []
      : [value].flat().map(each => `${name}: ${each}\r\n`),
  )
  const text = `HTTP/1.1 ${String(head[':status'])} \r\n${fields.join('')}Content-Length: ${body.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(text, 'latin1'), body])
}
