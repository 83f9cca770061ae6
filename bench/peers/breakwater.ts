// Breakwater itself, as its users start it; metrics are on, as they always are. Only what the bench must fix is set:
// addresses, threads, the store's size, no compressing since the others are not told to, and a limit towards the origin that its 64 connections do not reach.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HOST } from '../browser.ts'
import { freePort, untilReady } from '../http.ts'
import { start } from '../processes.ts'
import { makeCertificate } from './certificate.ts'
import { READY_PATH } from './peer.ts'
import type { Peer, Server, Setup } from './peer.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/breakwater.mjs', import.meta.url))

export const breakwater: Peer = {
  name: 'breakwater',
  programs: [],
  start: setup => startBreakwater(setup),
  isHit: headers => /; *hit/.test(String(headers['cache-status'])),
}

/** `node`: options for Node itself. */
export async function startBreakwater(setup: Setup, node: readonly string[] = []): Promise<Server> {
  const [port, adminPort] = [await freePort(), await freePort()]
  const securePort = setup.tls && (await freePort())
  const file = join(setup.folder, 'breakwater.json')
  writeFileSync(file, JSON.stringify(configuration(setup, port, adminPort, securePort), null, 2))
  const begun = performance.now()
  const inspectorPort = setup.waitingBelow === undefined ? undefined : await freePort()
  const inspect = inspectorPort === undefined ? [] : [`--inspect=127.0.0.1:${inspectorPort}`]
  const server = start([process.execPath, ...node, ...inspect, PROGRAM, 'serve', '--config', file], setup.core)
  await untilReady(server, 'breakwater', adminPort, '/readyz')
  await untilReady(server, 'breakwater', port, READY_PATH)
  return {
    ...{ name: 'breakwater', port, adminPort, pid: server.pid },
    ...{ startedIn: performance.now() - begun, stop: () => server.stop() },
    ...(inspectorPort !== undefined && { inspectorPort }),
    ...(securePort !== undefined && { securePort }),
  }
}

const configuration = (setup: Setup, port: number, adminPort: number, securePort?: number): object => ({
  listen: `127.0.0.1:${port}`,
  // The bench asks every server by one name, and the admin address answers to those it is told only.
  admin: { listen: `127.0.0.1:${adminPort}`, hosts: [HOST.split(':')[0]] },
  edges: setup.workers,
  data: join(setup.folder, 'data'),
  cache: { memory: `${setup.storeBytes} B`, compress: [] },
  ...(securePort !== undefined && { tls: tlsOn(securePort, setup.folder) }),
  // On a busy machine a round of the crowd may take longer than a connection may idle where many are open.
  ...(setup.waitingBelow !== undefined && { limits: { idleTimeout: '10 min' } }),
  sites: [
    {
      origins: [`http://127.0.0.1:${setup.originPort}`],
      origin: { concurrency: 1024 },
      ...(setup.waitingBelow !== undefined && {
        waitingRoom: { name: 'room', sessions: 1 },
        rules: [{ match: { path: setup.waitingBelow }, waitingRoom: 'room' }],
      }),
    },
  ],
})

function tlsOn(port: number, folder: string): object {
  const { chain, key } = makeCertificate(folder)
  return { listen: `127.0.0.1:${port}`, certificates: [{ chain, key: { file: key } }], redirect: false }
}
