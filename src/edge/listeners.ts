// The sockets that an edge listens on. Each edge has its own, on the same address (SO_REUSEPORT), so that the kernel spreads
// the connections and no thread hands any to another.

import { createServer } from 'node:net'
import type { ListenOptions, Server, Socket } from 'node:net'
import { descriptorOf } from '../base/descriptor.ts'
import { BACKLOG } from '../base/kernel.ts'
import { formatListenAddress } from '../config/kinds/network.ts'
import type { ListenAddress } from '../config/kinds/network.ts'
import type { Listening } from '../threads/handover.ts'

/** Descriptors to listen on, by address. */
export type Sockets = Readonly<Record<string, readonly number[]>>

export interface Listener {
  server: Server
  address: ListenAddress
}

/**
 * Listens on every address with servers of its own, on what was handed to this thread or else on a new socket; rejects when one
 * cannot be had, with nothing left open.
 */
export async function listenOn(
  addresses: readonly ListenAddress[],
  sockets: Sockets,
  make: () => Server,
): Promise<Listener[]> {
  const listeners: Listener[] = []
  const close = (): void => listeners.forEach(({ server }) => server.close())
  try {
    for (const address of addresses)
      for (const where of placesOf(address, sockets)) listeners.push({ address, server: await listen(where, make()) })
  } catch (error) {
    close()
    throw error
  }
  // A thread that throws is a while in dying, and the kernel would go on giving its sockets a share of those who come.
  process.once('uncaughtExceptionMonitor', close)
  return listeners
}

function placesOf(address: ListenAddress, sockets: Sockets): Place[] {
  const handed = sockets[formatListenAddress(address)] ?? []
  return handed.length > 0 ? handed.map(fd => ({ fd })) : [{ ...address, reusePort: process.platform === 'linux' }]
}

/** Where they listen, for the supervisor, which hands the descriptors on when another process takes over. */
export const listeningOn = (listeners: readonly Listener[]): Listening[] =>
  listeners.map(({ server, address }) => ({ address, descriptor: descriptorOf(server) }))

/** A server of plain connections. The fast lane starts reading itself (see listener/fast/socket.ts). */
export const plainServer = (accept: (socket: Socket) => void): Server =>
  createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, accept)

type Place = ListenOptions & { fd?: number }

function listen(where: Place, server: Server): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...where, backlog: BACKLOG }, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}
