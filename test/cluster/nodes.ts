// Several nodes as their operator starts them: real processes with one server between them and one origin behind them.

import { readFileSync } from 'node:fs'
import type { ConfigInput } from '../../src/config/types.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'

type Sites = NonNullable<ConfigInput['sites']>
type Site = Extract<Sites, readonly unknown[]>[number]
type Rules = NonNullable<Site['rules']>

export interface NodeWishes {
  name: string
  /** URLs of the server, or of what leads there. */
  servers: string[]
  origins: string[]
  concurrency?: number
  proof?: `${number}s`
  data?: string
  port?: number
  password?: string
  rules?: Rules
  /** Further options of the cluster, and of the config. */
  cluster?: {
    takeOver?: `${number}s`
    copy?: 'required' | 'if-possible' | 'off'
    replicas?: number
    hold?: `${number}s`
    ca?: string
    secret?: { file: string }
  }
  more?: ConfigInput
  waitingRoom?: NonNullable<Site['waitingRoom']>
}

/** As its operator writes it. */
export function configOf(wishes: Omit<NodeWishes, 'data' | 'port'>): ConfigInput {
  const { name, servers, origins, concurrency = 30, proof = '60s', password, rules = [] } = wishes
  const { cluster, more, waitingRoom } = wishes
  return {
    ...more,
    cluster: {
      ...cluster,
      ...{ url: servers, node: name, proof },
      ...(password === undefined ? {} : { password: { env: 'CLUSTER_PASSWORD' } }),
    },
    sites: [
      {
        ...{ name: 'main', origins, origin: { concurrency, queue: { wait: '20s' } }, rules },
        ...(waitingRoom === undefined ? {} : { waitingRoom }),
      },
    ],
  }
}

/** Resolves once it is joined; `isJoined` false: once it serves. */
export async function startNode({ data, port, ...wishes }: NodeWishes, isJoined = true): Promise<Shield> {
  if (wishes.password !== undefined) process.env['CLUSTER_PASSWORD'] = wishes.password
  const shield = await Shield.start({
    edges: 1,
    ...(data === undefined ? {} : { data }),
    ...(port === undefined ? {} : { port }),
    config: configOf(wishes),
  })
  if (!isJoined) return shield
  try {
    await until(`${wishes.name} is joined`, async () => (await stateOf(shield))?.state === 'joined')
    return shield
  } catch (error) {
    await shield[Symbol.asyncDispose]()
    throw error
  }
}

export const stateOf = async (shield: Shield) => (await shield.stats()).cluster

/** Has every node its share of all there is? */
export const settled = async (nodes: readonly Shield[], limit: number): Promise<boolean> => {
  const states = await Promise.all(nodes.map(stateOf))
  const shares = states.map(state => state?.shares[0]?.share ?? 0)
  return shares.every(share => share > 0) && shares.reduce((a, b) => a + b, 0) === limit
}

/** A purge by command, as the admin address answers it. */
export async function purge(shield: Shield, wish: object): Promise<{ nodes: string[]; without: string[] }> {
  const token = readFileSync(`${shield.data}/admin-token`, 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await shield.admit('/api/purge', { method: 'POST', headers, body: JSON.stringify(wish) })
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
  return (await answer.json()) as { nodes: string[]; without: string[] }
}
