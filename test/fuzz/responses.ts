// Differential fuzzing of the origin's side: each stream of bytes is read by our own reader and by llhttp, behind node's
// HTTP client. What ours takes for a whole response llhttp has to take for the same one; what llhttp refuses ours refuses.

import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import { Response } from '../../src/origin/wire/response.ts'
import { makeResponse } from './response-streams.ts'
import type { ResponseStream } from './response-streams.ts'
import { pieces } from './streams.ts'

/** What a reader makes of a stream. */
export interface Read {
  interim: string[]
  head: string
  body: string
  trailers: string
  /** What is wrong, where the response is not whole. */
  fault: string | undefined
}

/** Faults that ours alone finds: it takes one way to say a thing, where llhttp takes several. */
const STRICTER = new Set([
  // HTTP/0.9 and 2.0, and line breaks before the status line.
  'the status line is none',
  // llhttp knows other codings, several of them, and chunks in HTTP/1.0.
  'the transfer coding is not the one of HTTP/1.1',
  'there are two transfer codings',
  // llhttp lets names and values be empty.
  'a chunk has an extension that is none',
  // node's client takes it for an interim response where it names no protocol.
  'the protocol was changed though nobody had asked',
  // RFC 9110 section 6.5.1: what frames a message may not stand behind it. llhttp drops it or passes it on, as it comes.
  'the trailers say how the body before them is framed',
])

/** What differs, undefined when nothing does that must not; 'stricter' where ours alone refuses, and may. */
async function differs(stream: ResponseStream): Promise<string | undefined> {
  const ours = readOurs(stream)
  const theirs = await readTheirs(stream)
  if (ours.fault !== undefined) {
    if (theirs.fault !== undefined) return undefined
    return STRICTER.has(ours.fault) ? 'stricter' : `refused by ours alone: ${ours.fault}`
  }
  if (theirs.fault !== undefined) return `refused by llhttp alone: ${theirs.fault}`
  const [a, b] = [JSON.stringify(ours), JSON.stringify(theirs)]
  return a === b ? undefined : `read as\n${a} by ours, as\n${b} by llhttp`
}

/** Stream `n` of a seed, and what differs. */
export async function play(seed: number, n: number): Promise<{ stream: ResponseStream; what: string | undefined }> {
  const stream = makeResponse(seed, n)
  return { stream, what: await differs(stream) }
}

/** As connections read: into one buffer, which still holds what came before. */
const shared = Buffer.alloc(64 * 1024, 'HTTP/1.1 200 OK\r\n\r\n0\r\n\r\n')

export function readOurs(stream: ResponseStream): Read {
  const read: Read = { interim: [], head: '', body: '', trailers: '', fault: undefined }
  let isWhole = false
  const response = new Response(
    {
      onBegun: () => {},
      onInterim: (status, fields) => void read.interim.push(headText(status, fields)),
      onHead: (status, fields) => (read.head = headText(status, fields)),
      onData: chunk => (read.body += chunk.toString('latin1')),
      onEnd: trailers => {
        isWhole = true
        read.trailers = trailers.join('\n')
      },
    },
    stream.method,
    false,
  )
  for (const piece of pieces(stream)) {
    piece.copy(shared)
    read.fault ??= piece.length === 0 ? undefined : response.read(shared, piece.length)
    if (isWhole || read.fault !== undefined) return read
  }
  read.fault = response.end()
  return read
}

/** By node's client, over a connection in memory. */
function readTheirs(stream: ResponseStream): Promise<Read> {
  const read: Read = { interim: [], head: '', body: '', trailers: '', fault: undefined }
  const wire = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done(), allowHalfOpen: false })
  return new Promise(resolve => {
    const end = (fault: string | undefined): void => {
      read.fault = fault
      wire.destroy()
      resolve(read)
    }
    const asked = request({
      createConnection: () => wire,
      method: stream.method,
      maxHeaderSize: 128 * 1024,
    })
    asked.on('information', info => void read.interim.push(headText(info.statusCode, info.rawHeaders)))
    asked.on('response', (response: IncomingMessage) => {
      read.head = headText(response.statusCode!, response.rawHeaders)
      response.on('data', (chunk: Buffer) => (read.body += chunk.toString('latin1')))
      response.on('error', error => end(error.message))
      response.on('end', () => {
        read.trailers = response.rawTrailers.join('\n')
        end(response.complete ? undefined : 'not whole')
      })
    })
    asked.on('upgrade', () => end('switched'))
    asked.on('error', error => end(error.message))
    asked.end()
    for (const piece of pieces(stream)) if (piece.length > 0) wire.push(Buffer.from(piece))
    wire.push(null)
  })
}

const headText = (status: number, fields: string[]): string => [status, ...fields].join('\n')
