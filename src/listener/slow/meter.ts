// Counts what goes through an adopted connection, and tells whether the visitor still takes what is sent. A socket keeps
// count by itself; any other Duplex is counted as it is written to and read from.

import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { pendingBytes } from '../pending.ts'

export interface Meter {
  /** Bytes read so far. */
  in(): number
  /** Bytes given to the connection so far. */
  out(): number
  /** Bytes of those that wait here or in libuv, not yet taken by the kernel. */
  pending(): number
}

/** Has to be called before anything else reads from the Duplex. */
export const meter = (duplex: Duplex): Meter => (duplex instanceof Socket ? socketMeter(duplex) : duplexMeter(duplex))

function socketMeter(socket: Socket): Meter {
  // What went through it before is somebody else's to count.
  const read = socket.bytesRead
  const written = socket.bytesWritten
  return {
    in: () => socket.bytesRead - read,
    out: () => socket.bytesWritten - written,
    pending: () => (socket.destroyed ? socket.writableLength : pendingBytes(socket)),
  }
}

function duplexMeter(duplex: Duplex): Meter {
  let read = 0
  let written = 0
  duplex.on('data', (chunk: Uint8Array) => {
    read += chunk.byteLength
  })
  const write = duplex.write.bind(duplex) as (...args: unknown[]) => boolean
  duplex.write = (...args: unknown[]) => {
    const [chunk, encoding] = args
    if (typeof chunk === 'string') written += Buffer.byteLength(chunk, encodingOf(encoding))
    else if (chunk instanceof Uint8Array) written += chunk.byteLength
    return write(...args)
  }
  return { in: () => read, out: () => written, pending: () => duplex.writableLength }
}

const encodingOf = (encoding: unknown): BufferEncoding =>
  typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8'
