// The sockets that an edge listens on. Each edge has its own, on the same address (SO_REUSEPORT), so that the kernel spreads
// the connections and no thread hands any to another.

import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import type { ListenAddress } from '../config/kinds/network.ts'

/** Connections that may wait to be accepted, as far as net.core.somaxconn (4096) lets them. */
const BACKLOG = 4096

/** Listens on every address; rejects when one cannot be had, with nothing left open. */
export async function listenOn(
  addresses: readonly ListenAddress[],
  accept: (socket: Socket) => void,
): Promise<Server[]> {
  const servers: Server[] = []
  try {
    for (const address of addresses) servers.push(await listen(address, accept))
  } catch (error) {
    for (const server of servers) server.close()
    throw error
  }
  return servers
}

function listen({ host, port }: ListenAddress, accept: (socket: Socket) => void): Promise<Server> {
  // The fast lane starts reading itself (see listener/fast/socket.ts).
  const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, accept)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, reusePort: process.platform === 'linux', backlog: BACKLOG }, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}
