// The descriptor of a socket that listens: what another process is given in order to listen on it too.

import type { Server } from 'node:net'

/** Of a server that listens; Node tells it here alone. */
export const descriptorOf = (server: Server): number => (server as unknown as { _handle: { fd: number } })._handle.fd
