// What a connection still has to give to the kernel.

import type { Duplex } from 'node:stream'

/**
 * Bytes that the kernel has not taken yet. A large body is one write: only libuv's own queue shows that it is being taken.
 * net.Socket's timer looks there too.
 */
export function pendingBytes(socket: Duplex): number {
  const handle = (socket as { _handle?: { writeQueueSize?: number } | null })._handle
  return socket.writableLength + (handle?.writeQueueSize ?? 0)
}

/**
 * After a write to it, does `pendingBytes` of 0 say that nobody will read those bytes any more? TLS may go on with what it was
 * given, and a socket without a handle does not tell.
 */
export function isTakenAtOnce(socket: Duplex): boolean {
  const handle = (socket as { _handle?: { writeQueueSize?: number } | null })._handle
  return typeof handle?.writeQueueSize === 'number' && !('encrypted' in socket)
}
