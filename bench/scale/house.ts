// What the figures of docs/scale.md are measured on: nodes of a cluster on one core, a real Redis or Valkey that syncs each write, and a
// site of our own that bears everything. The first node is the one that is measured; the others are there because a cluster has them.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HOST } from '../browser.ts'
import { freePort, untilReady } from '../http.ts'
import { start } from '../processes.ts'
import type { Started } from '../processes.ts'
import { VALKEY, REDIS, has, located } from '../programs.ts'
import { Server } from './server.ts'
import { Site } from './site.ts'
import { until } from './until.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/breakwater.mjs', import.meta.url))

export const FORMS_HOST = 'forms.example.com'
export const FORM_PATH = '/sign'
export const ROOM_PATH = '/no-store/64k/0.html'
/** In flight at the origin, over all nodes. */
const CONCURRENCY = 1024

export interface Node {
  readonly port: number
  readonly admin: number
  readonly inspectorPort: number | undefined
  readonly data: string
  readonly process: Started
}

export interface House {
  readonly redis: Server
  readonly site: Site
  readonly nodes: Node[]
  stop(): Promise<void>
}

export const serverProgram = () => (has(VALKEY.command) ? VALKEY : REDIS)

/** So many nodes, joined. `folder` lies on a real disk, since forms are synced to it. */
export async function begin(folder: string, count: number, cores: { server: number; load: number }): Promise<House> {
  const site = await Site.open()
  const port = await freePort()
  const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
  const flags = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always']
  const program = start([located(serverProgram().command), ...where, ...flags], cores.load)
  const redis = await Server.at(port)
  const nodes: Node[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map(node => node.process.stop()))
    redis.close()
    await program.stop()
    await site.close()
  }
  try {
    for (let n = 0; n < count; n++)
      nodes.push(await startNode(folder, n, { redis: port, site: site.port }, cores.server))
    for (const node of nodes) await joined(node, count)
    return { redis, site, nodes, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startNode(
  folder: string,
  n: number,
  ports: { redis: number; site: number },
  core: number,
): Promise<Node> {
  const [port, admin] = [await freePort(), await freePort()]
  const inspectorPort = n === 0 ? await freePort() : undefined
  const data = join(folder, `node${n}`)
  const file = join(folder, `node${n}.json`)
  writeFileSync(file, JSON.stringify(configuration({ n, port, admin, data, ...ports })))
  const inspect = inspectorPort === undefined ? [] : [`--inspect=127.0.0.1:${inspectorPort}`]
  const process_ = start([process.execPath, ...inspect, PROGRAM, 'serve', '--config', file], core)
  await untilReady(process_, 'a node', admin, '/readyz')
  return { port, admin, inspectorPort, data, process: process_ }
}

const configuration = (of: { n: number; port: number; admin: number; data: string; redis: number; site: number }) => {
  const origins = [`http://127.0.0.1:${of.site}`]
  const origin = { concurrency: CONCURRENCY }
  return {
    listen: `127.0.0.1:${of.port}`,
    admin: { listen: `127.0.0.1:${of.admin}`, hosts: [HOST.split(':')[0]] },
    edges: 1,
    data: of.data,
    cache: { memory: '512 MiB', compress: [] },
    limits: { idleTimeout: '10 min' },
    cluster: { url: `redis://127.0.0.1:${of.redis}`, node: `node${of.n}` },
    sites: [
      {
        ...{ name: 'pages', hosts: [HOST], origins, origin },
        waitingRoom: { name: 'room', rate: '1/h', sessions: 100_000 },
        rules: [{ match: { path: ROOM_PATH }, waitingRoom: 'room' }],
      },
      {
        ...{ name: 'forms', hosts: [FORMS_HOST], origins, origin },
        rules: [{ name: 'sign', match: { method: 'POST', path: FORM_PATH }, collect: { when: 'always' } }],
      },
    ],
  }
}

/** Commands and looks at a node's admin address. */
export async function admin(node: Node, path: string, wish?: object): Promise<unknown> {
  const token = readFileSync(join(node.data, 'admin-token'), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const more = wish === undefined ? {} : { method: 'POST', body: JSON.stringify(wish) }
  const answer = await fetch(`http://127.0.0.1:${node.admin}${path}`, { headers, ...more })
  if (!answer.ok) throw new Error(`${path} was answered ${answer.status}: ${await answer.text()}`)
  return answer.json()
}

interface Stats {
  cluster: { state: string; members: unknown[]; shares: { share: number }[]; rooms: { isApart: boolean }[] } | null
}

/** Until all know of each other, have shares, and give out numbers of the one waiting room. */
async function joined(node: Node, count: number): Promise<void> {
  await until('the nodes are joined', async () => {
    const { cluster } = (await admin(node, '/api/stats')) as Stats
    if (cluster?.state !== 'joined' || cluster.members.length !== count) return false
    return cluster.shares.every(({ share }) => share > 0) && cluster.rooms.every(({ isApart }) => !isApart)
  })
}
