// A health probe: one request on a connection of its own, so that it also proves that the origin server still accepts
// some; without a path, the connection alone. Core orders it and keeps a place for it beside the limit.

import type { Clock } from '../base/clock.ts'
import type { Addresses } from './addresses.ts'
import type { OriginTarget } from './target.ts'
import { Connection } from './wire/connection.ts'
import type { Keeper } from './wire/connection.ts'
import { Session } from './wire/session.ts'
import { opener } from './wire/socket.ts'
import type { Protocols } from './wire/socket.ts'

export interface Probed {
  ok: boolean
  /** 0 where no response came, or none was asked for. */
  status: number
  ms: number
  /** What went wrong, empty when nothing did. */
  error: string
}

/** A status from here on counts as unhealthy. */
const UNHEALTHY = 400

export async function probe(target: OriginTarget, addresses: Addresses | null, clock: Clock): Promise<Probed> {
  const startedAt = clock.monotonic()
  try {
    const status = await ask(target, addresses)
    const ok = status < UNHEALTHY
    return { ok, status, ms: Math.round(clock.monotonic() - startedAt), error: ok ? '' : `status ${status}` }
  } catch (error) {
    return { ok: false, status: 0, ms: Math.round(clock.monotonic() - startedAt), error: (error as Error).message }
  }
}

const ask = (target: OriginTarget, addresses: Addresses | null): Promise<number> =>
  target.options.health.path === undefined
    ? connectOnly(target, addresses)
    : askFor(target.options.health.path, target, addresses)

/** Of a connection that is used once. */
const keepsNone = ({ href }: OriginTarget): Keeper => ({
  free: connection => connection.close(),
  gone: () => {},
  multiplexed: socket => {
    const session = new Session(
      socket,
      href,
      0,
      () => 0,
      () => {},
    )
    const stream = session.stream()
    // After its one request.
    setImmediate(() => session.leave())
    return stream
  },
})

/** As visitors' requests are sent. */
const protocolsFor = ({ options }: OriginTarget): Protocols => (options.http2 ? ['h2', 'http/1.1'] : ['http/1.1'])

/** The status of the response, once it is whole. */
function askFor(path: string, target: OriginTarget, addresses: Addresses | null): Promise<number> {
  const fields = ['host', target.probeHost, 'user-agent', 'breakwater-probe']
  const request = { method: 'GET', target: path, fields, length: null, upgrade: undefined, isLast: true }
  const connection = new Connection(opener(target, addresses, protocolsFor(target)), keepsNone(target), 0)
  return new Promise<number>((resolve, reject) => {
    const { timeout } = target.options.health
    const timer = setTimeout(() => connection.abort(new Error(`no answer within ${timeout} ms`)), timeout)
    let seen = 0
    connection.send(request, null, {
      onSent: () => {},
      onBodySent: () => {},
      onBegun: () => {},
      onInterim: () => {},
      onHead: status => (seen = status),
      onData: () => {},
      onEnd: () => {
        clearTimeout(timer)
        resolve(seen)
      },
      onFailed: why => {
        clearTimeout(timer)
        reject(why)
      },
      onSwitched: (_fields, socket) => socket.destroy(),
    })
  })
}

/** 0 when a connection, TLS included, was made within the probe's time. */
function connectOnly(target: OriginTarget, addresses: Addresses | null): Promise<number> {
  const { connectTimeout, health } = target.options
  const inTime = { ...target, options: { ...target.options, connectTimeout: Math.min(connectTimeout, health.timeout) } }
  return new Promise((resolve, reject) => {
    const socket = opener(
      inTime,
      addresses,
      protocolsFor(target),
    )({
      connected: () => {
        socket.destroy()
        resolve(0)
      },
      bytes: () => true,
      ended: () => {},
      closed: error => reject(error ?? new Error('the connection was closed')),
    })
  })
}
