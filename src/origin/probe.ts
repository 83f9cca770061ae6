// A health probe: one request on a connection of its own, so that it also proves that the origin server still accepts
// some; without a path, the connection alone. Core orders it and keeps a place for it beside the limit.

import { Client } from 'undici'
import type { Clock } from '../base/clock.ts'
import type { Addresses } from './addresses.ts'
import { connectorTo } from './connections.ts'
import type { OriginTarget } from './target.ts'

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

async function ask(target: OriginTarget, addresses: Addresses | null): Promise<number> {
  const { path, timeout } = target.options.health
  if (path === undefined) return connectOnly(target, addresses)
  const client = new Client(target.href, { connect: connectorTo(target, addresses) })
  try {
    const response = await client.request({
      path,
      method: 'GET',
      headers: ['host', target.probeHost, 'user-agent', 'breakwater-probe'],
      reset: true,
      signal: AbortSignal.timeout(timeout),
    })
    await response.body.dump()
    return response.statusCode
  } finally {
    client.destroy().catch(() => {})
  }
}

/** 0 when a connection, TLS included, was made within the probe's time. */
function connectOnly(target: OriginTarget, addresses: Addresses | null): Promise<number> {
  const { connectTimeout, health } = target.options
  const inTime = { ...target, options: { ...target.options, connectTimeout: Math.min(connectTimeout, health.timeout) } }
  const { protocol, hostname, port } = target
  const address = { protocol: `${protocol}:`, hostname, host: target.authority, port: String(port) }
  return new Promise((resolve, reject) => {
    connectorTo(inTime, addresses)(address, (error, socket) => {
      socket?.destroy()
      if (error === null) resolve(0)
      else reject(error)
    })
  })
}
