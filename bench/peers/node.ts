// Node's own servers with the pages in memory, and nothing else: what every program on Node pays. No peer to be beaten, but what a
// handshake costs here before a line of ours has run.

import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { freePort, untilReady } from '../http.ts'
import { start } from '../processes.ts'
import { OPENSSL } from '../programs.ts'
import { makeCertificate } from './certificate.ts'
import { READY_PATH } from './peer.ts'
import type { Peer, Server, Setup } from './peer.ts'

const PROGRAM = fileURLToPath(new URL('../origin/main.ts', import.meta.url))

export const node: Peer = {
  name: 'node',
  programs: [OPENSSL],
  start: startNode,
  isHit: () => undefined,
}

async function startNode({ folder, core }: Setup): Promise<Server> {
  const [port, securePort] = [await freePort(), await freePort()]
  mkdirSync(folder, { recursive: true })
  const { chain, key } = makeCertificate(folder)
  const server = start([process.execPath, PROGRAM, String(port), '/count', String(securePort), chain, key], core)
  const startedIn = await untilReady(server, 'node', port, READY_PATH)
  return { name: 'node', port, securePort, pid: server.pid, startedIn, stop: () => server.stop() }
}
