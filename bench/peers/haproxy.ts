// HAProxy with its cache, one thread, no log. Its buffers are 16 KiB unless a page does not fit one: with 128 KiB a stored
// page of 64 KiB cost 22 µs instead of 28, while smaller ones gained nothing.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, untilReady } from '../http.ts'
import { start } from '../processes.ts'
import { HAPROXY, located } from '../programs.ts'
import { READY_PATH } from './peer.ts'
import type { Peer, Server, Setup } from './peer.ts'

const MIB = 2 ** 20

export const haproxy: Peer = {
  name: 'haproxy',
  programs: [HAPROXY],
  start: startHaproxy,
  // Only its stored responses get an Age; the origin sends none.
  isHit: headers => headers.age !== undefined,
}

async function startHaproxy(setup: Setup): Promise<Server> {
  const port = await freePort()
  const file = join(setup.folder, 'haproxy.cfg')
  writeFileSync(file, configuration(setup, port))
  const server = start([located(HAPROXY.command), '-db', '-f', file], setup.core)
  const startedIn = await untilReady(server, 'haproxy', port, READY_PATH)
  return { name: 'haproxy', port, pid: server.pid, startedIn, stop: () => server.stop() }
}

/** It counts two files for each connection although a hit needs one: no strict-limits lets it start with fewer. */
const configuration = ({ originPort, storeBytes, caching, ...setup }: Setup, port: number): string => `
global
  nbthread ${setup.workers}
  maxconn 12000
  no strict-limits
  tune.bufsize ${setup.pageBytes < 16_000 ? 16_384 : 131_072}
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout http-keep-alive 1h
  http-reuse always
cache pages
  total-max-size ${Math.max(1, Math.round(storeBytes / MIB))}
  max-object-size 100000
  max-age 3600
frontend visitors
  bind 127.0.0.1:${port}
  ${caching ? 'http-request cache-use pages' : ''}
  ${caching ? 'http-response cache-store pages' : ''}
  default_backend site
backend site
  server origin 127.0.0.1:${originPort}
`
