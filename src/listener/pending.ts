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
