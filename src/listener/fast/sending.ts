// Writes that are not done at once: large bodies straight from shared memory, and answers that a slow client has not taken.

import type { Socket } from 'node:net'
import type { Hazards } from '../../store/hazards.ts'
import type { Prepared } from './hits.ts'

/** A body in shared memory leaves in pieces of this size. */
const PIECE = 256 * 1024
const NOTHING = Buffer.alloc(0)

/** Calls `done` when the client has taken all that was written; until then the bytes of `hit` stay as they are. */
export function awaitWrite(socket: Socket, hit: Prepared, done: () => void): void {
  const release = hit.hold()
  socket.write(NOTHING, () => {
    release()
    done()
  })
}

/** Writes a body straight from shared memory, whose place is held until the last byte has left; then calls `done`. */
export function writeBody(socket: Socket, hazards: Hazards, hit: Prepared, body: Uint8Array, done: () => void): void {
  const handle = hazards.hold(hit.ref)
  const bytes = handle === -1 ? Buffer.from(body) : body
  const release = hit.hold()
  const step = (from: number): void => {
    if (from < bytes.length && !socket.destroyed) {
      socket.write(bytes.subarray(from, from + PIECE), () => step(from + PIECE))
      return
    }
    if (handle !== -1) hazards.release(handle)
    release()
    done()
  }
  step(0)
}

/** The same head with `Connection: close` behind its status line (RFC 9112 section 9.6). */
export function sayClose(answer: Buffer): Buffer {
  const at = answer.indexOf('\r\n', 0, 'latin1') + 2
  return Buffer.concat([answer.subarray(0, at), Buffer.from('Connection: close\r\n'), answer.subarray(at)])
}
