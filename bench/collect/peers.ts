// Who takes the posts: Breakwater as its users start it, and plain Node handlers before a PostgreSQL and a Redis of the bench's own.
// All keep their data in a folder on a real disk, sync each post before they answer, and may use both cores.

import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { HOST } from '../browser.ts'
import { freePort } from '../http.ts'
import { start } from '../processes.ts'
import type { Started } from '../processes.ts'
import { POSTGRES, REDIS, located } from '../programs.ts'
import type { Program } from '../programs.ts'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Milliseconds until a server that does not answer is given up. */
const START_MS = 30_000

export interface Taker {
  readonly port: number
  /** Processes whose CPU time is its cost. */
  readonly pids: readonly number[]
  /** How many posts it has, by its own account. */
  count(): Promise<number>
  stop(): Promise<void>
}

export interface Peer {
  readonly name: string
  readonly title: string
  readonly programs: readonly Program[]
  start(folder: string, cores: string): Promise<Taker>
}

export const PEERS: readonly Peer[] = [
  { name: 'breakwater', title: 'Breakwater', programs: [], start: startBreakwater },
  { name: 'postgres', title: 'Node handler, PostgreSQL', programs: [POSTGRES], start: startPostgres },
  { name: 'redis', title: 'Node handler, Redis `appendfsync always`', programs: [REDIS], start: startRedis },
]

/** Nothing is handed to the site meanwhile: taking is what is measured, as while a site is frozen. */
async function startBreakwater(folder: string, cores: string): Promise<Taker> {
  const [port, admin] = [await freePort(), await freePort()]
  const file = join(folder, 'breakwater.json')
  const collect = { when: 'always', fields: { email: { type: 'email', required: true }, name: { required: true } } }
  const config = {
    listen: `127.0.0.1:${port}`,
    admin: { listen: `127.0.0.1:${admin}`, hosts: [HOST.split(':')[0]] },
    edges: 2,
    data: join(folder, 'data'),
    cache: { memory: '16 MiB' },
    sites: [
      {
        name: 'main',
        origins: 'http://127.0.0.1:9',
        mode: 'frozen',
        rules: [{ name: 'sign', match: { method: 'POST', path: '/petitions/*/signatures' }, collect }],
      },
    ],
  }
  writeFileSync(file, JSON.stringify(config))
  const server = start([process.execPath, path('../../bin/breakwater.mjs'), 'serve', '--config', file], cores)
  const count = async (): Promise<number> => {
    const stats = (await (await fetch(`http://127.0.0.1:${admin}/api/stats`)).json()) as Stats
    return stats.journal?.accepted ?? 0
  }
  await until(server, async () => (await fetch(`http://127.0.0.1:${admin}/api/stats`)).ok && (await count()) >= 0)
  await until(
    server,
    async () => ((await (await fetch(`http://127.0.0.1:${admin}/api/stats`)).json()) as Stats).journal?.open === true,
  )
  await until(server, async () => (await fetch(`http://127.0.0.1:${port}/`)).status > 0)
  // What was told of the second before.
  const settled = async (): Promise<number> => {
    await sleep(2200)
    return count()
  }
  return { port, pids: [server.pid], count: settled, stop: () => server.stop() }
}

interface Stats {
  journal: { accepted: number; open: boolean } | null
}

async function startPostgres(folder: string, cores: string): Promise<Taker> {
  const data = join(folder, 'pg')
  const as = await userFor(data)
  run([...as, located('initdb'), '-D', data, '-U', 'postgres', '--auth=trust', '--no-sync'])
  const settings = [
    'listen_addresses=',
    `unix_socket_directories=${data}`,
    'fsync=on',
    'synchronous_commit=on',
    'max_connections=60',
  ]
  const server = start([...as, located('postgres'), '-D', data, ...settings.flatMap(each => ['-c', each])], cores)
  const sql = (text: string): string => run(['psql', '-h', data, '-U', 'postgres', '-At', '-c', text])
  await until(server, () => Promise.resolve(sql('select 1') === '1'))
  sql('create table posts (number bigserial primary key, at timestamptz default now(), body bytea not null)')
  const handler = await startHandler('postgres', join(data, '.s.PGSQL.5432'), cores)
  return {
    port: handler.port,
    pids: [server.pid, handler.server.pid],
    count: () => Promise.resolve(Number(sql('select count(*) from posts'))),
    stop: async () => {
      await handler.server.stop()
      await server.stop()
    },
  }
}

async function startRedis(folder: string, cores: string): Promise<Taker> {
  const socket = join(folder, 'redis.sock')
  const wishes = [
    '--port',
    '0',
    '--unixsocket',
    socket,
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
  ]
  const server = start([located('redis-server'), ...wishes, '--daemonize', 'no'], cores)
  const cli = (...words: string[]): string => run(['redis-cli', '-s', socket, ...words])
  await until(server, () => Promise.resolve(cli('ping') === 'PONG'))
  const handler = await startHandler('redis', socket, cores)
  return {
    port: handler.port,
    pids: [server.pid, handler.server.pid],
    count: () => Promise.resolve(Number(cli('llen', 'posts'))),
    stop: async () => {
      await handler.server.stop()
      await server.stop()
    },
  }
}

async function startHandler(kind: string, socket: string, cores: string): Promise<{ server: Started; port: number }> {
  const port = await freePort()
  const server = start([process.execPath, path('handler.ts'), kind, String(port), socket], cores)
  await until(server, async () => (await fetch(`http://127.0.0.1:${port}/`)).ok)
  return { server, port }
}

/** PostgreSQL does not run as root: then it runs as the user that its package made, who gets the folder. */
function userFor(data: string): Promise<string[]> {
  mkdirSync(data, { mode: 0o700 })
  if (process.getuid?.() !== 0) return Promise.resolve([])
  const [, , uid, gid] = /^postgres:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0].split(':') ?? []
  if (uid === undefined) throw new Error('there is no user postgres to run PostgreSQL as')
  chownSync(data, Number(uid), Number(gid))
  return Promise.resolve(['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'])
}

function run([command, ...args]: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command!, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args[0]} failed: ${stderr}`)
  return stdout.trim()
}

async function until(server: Started, isReady: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + START_MS
  for (let why: unknown = 'no answer'; ; await sleep(50)) {
    if (server.exitCode() !== undefined) throw new Error(`it ended at its start: ${server.printed()}`)
    if (performance.now() > end) throw new Error(`it did not start: ${String(why)} ${server.printed()}`)
    try {
      if (await isReady()) return
    } catch (error) {
      why = error
    }
  }
}
