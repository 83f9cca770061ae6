// What a connection still has to give to the kernel.

import type { Duplex } from 'node:stream'

/**
 * Bytes that the kernel has not taken yet. A large body is one write: only libuv's own queue shows that it is being taken.
 * net.Socket's timer looks there too.
 */
export function pendingBytes(socket: Duplex): number {
  return socket.writableLength + (queued(socket) ?? 0)
}

/**
 * After a write to it, does `pendingBytes` of 0 say that nobody will read those bytes any more? TLS may go on with what it was
 * given, and a socket without a handle does not tell.
 */
export function isTakenAtOnce(socket: Duplex): boolean {
  return typeof queued(socket) === 'number' && !('encrypted' in socket)
}

/** Bytes in libuv's queue; undefined without a handle. */
const queued = (socket: Duplex): number | undefined =>
  (socket as { _handle?: { writeQueueSize?: number } | null })._handle?.writeQueueSize
