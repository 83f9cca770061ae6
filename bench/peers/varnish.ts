// Varnish with its store in memory and a warm pool of threads. As it comes, it writes every request to its log in shared
// memory; `varnish-nolog` is the same server with that log turned off, as nginx's is here.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, untilReady } from '../http.ts'
import { start } from '../processes.ts'
import { located, VARNISH } from '../programs.ts'
import { READY_PATH } from './peer.ts'
import type { Peer, Server, Setup } from './peer.ts'

/** What Varnish logs of a client's request unless told otherwise. */
const CLIENT_LOG =
  'Begin End Link Timestamp ReqStart ReqMethod ReqURL ReqProtocol ReqHeader ReqUnset RespProtocol RespStatus RespReason ' +
  'RespHeader RespUnset ReqAcct Hit VCL_call VCL_return'
const NO_LOG = CLIENT_LOG.split(' ').map(tag => `-${tag}`)

export const varnish: Peer = peer('varnish', [])
export const varnishNoLog: Peer = peer('varnish-nolog', ['-p', `vsl_mask=${NO_LOG.join(',')}`])

function peer(name: string, parameters: readonly string[]): Peer {
  return {
    name,
    programs: [VARNISH],
    start: setup => startVarnish(name, parameters, setup),
    // It names the request that stored the response as well as this one.
    isHit: headers => /\d \d/.test(String(headers['x-varnish'])),
  }
}

async function startVarnish(name: string, parameters: readonly string[], setup: Setup): Promise<Server> {
  const port = await freePort()
  const file = join(setup.folder, 'site.vcl')
  writeFileSync(file, program(setup))
  const server = start([...commandLine(setup, port, file), ...parameters], setup.core)
  const startedIn = await untilReady(server, name, port, READY_PATH)
  return { name, port, pid: server.pid, startedIn, stop: () => server.stop() }
}

function commandLine(setup: Setup, port: number, file: string): string[] {
  const parameters = { thread_pools: setup.workers, thread_pool_min: 100, thread_pool_max: 1000, timeout_idle: 3600 }
  const flags = { '-j': 'none', '-n': join(setup.folder, 'work'), '-f': file, '-a': `127.0.0.1:${port}` }
  return [
    located(VARNISH.command),
    '-F',
    ...Object.entries({ ...flags, '-s': `malloc,${setup.storeBytes}` }).flat(),
    ...Object.entries(parameters).flatMap(([name, value]) => ['-p', `${name}=${value}`]),
  ]
}

const program = ({ originPort, caching }: Setup): string => `
vcl 4.1;
backend origin { .host = "127.0.0.1"; .port = "${originPort}"; }
${caching ? '' : 'sub vcl_recv { return (pass); }'}
`
