// Gauges beside /proc, each read from the real thing: PostgreSQL, MariaDB and Redis that are started here, the agent as a
// process of its own, and the text that a node_exporter gives.
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createSocketServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { AgentSource } from '../../src/rehearse/sources/agent.ts'
import { MysqlSource } from '../../src/rehearse/sources/mysql.ts'
import { hostSamples, metricsOf, NodeExporterSource } from '../../src/rehearse/sources/node-exporter.ts'
import { PostgresSource } from '../../src/rehearse/sources/postgres.ts'
import { RedisSource } from '../../src/rehearse/sources/redis.ts'
import type { Sample, Source } from '../../src/rehearse/sources/source.ts'

const TOKEN = 'a token of sixteen characters or more'

/** Looks until the signal is as full as that; the last look is what a failure shows. */
async function until(source: Source, signal: string, least: number): Promise<Sample> {
  let seen: Sample | undefined
  for (const end = performance.now() + 15_000; performance.now() < end; await sleep(100)) {
    seen = (await source.read().catch(() => [])).find(each => each.signal === signal) ?? seen
    if (seen !== undefined && seen.value >= least) return seen
  }
  assert.fail(`${signal} never came to ${least}: ${JSON.stringify(seen)}`)
}

/** Databases will not run as root. */
const asUser = (name: string): { uid: number; gid: number } | undefined => {
  if (process.getuid!() !== 0) return { uid: process.getuid!(), gid: process.getgid!() }
  try {
    const id = (flag: string): number =>
      Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }))
    return { uid: id('-u'), gid: id('-g') }
  } catch {
    return undefined
  }
}

async function freePort(): Promise<number> {
  const server = createSocketServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function folderOf(t: TestContext, user: { uid: number; gid: number }): string {
  const folder = mkdtempSync(join(tmpdir(), 'gauges-'))
  chownSync(folder, user.uid, user.gid)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), 5000)
  await gone
  clearTimeout(force)
}

async function opened<T>(open: () => Promise<T>): Promise<T> {
  for (const end = performance.now() + 20_000; ; await sleep(200)) {
    try {
      return await open()
    } catch (error) {
      if (performance.now() > end) throw error
    }
  }
}

const postgresPrograms = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').map(version => `/usr/lib/postgresql/${version}/bin`).filter(bin => existsSync(`${bin}/initdb`)) : [] // prettier-ignore

test('PostgreSQL: connections, sessions that wait for a lock, and the query that takes longest', async t => {
  const [bin] = postgresPrograms
  const user = asUser('postgres')
  if (bin === undefined || user === undefined) return t.skip('no server of PostgreSQL is installed')
  const folder = folderOf(t, user)
  execFileSync(`${bin}/initdb`, ['-D', `${folder}/data`, '-U', 'postgres', '-A', 'trust', '--no-sync'], { ...user, stdio: 'ignore' }) // prettier-ignore
  const port = await freePort()
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off', 'max_connections=23', 'shared_preload_libraries=pg_stat_statements', 'pg_stat_statements.track=all'].flatMap(each => ['-c', each]) // prettier-ignore
  const server = spawn(`${bin}/postgres`, ['-D', `${folder}/data`, '-p', String(port), ...settings], { ...user, stdio: 'ignore' }) // prettier-ignore
  t.after(() => ended(server))
  const address = `postgres://postgres:secret@127.0.0.1:${port}/postgres`
  const { default: pg } = await import('pg')
  const client = async () => {
    const one = new pg.Client({ connectionString: address })
    await one.connect()
    return one
  }
  const owner = await opened(client)
  const hasStatements = await owner.query('CREATE EXTENSION pg_stat_statements').then(
    () => true,
    () => false,
  )
  await owner.query('CREATE TABLE seat (id int PRIMARY KEY, sold int NOT NULL)')
  await owner.query('INSERT INTO seat VALUES (1, 0)')

  const source = await PostgresSource.open(address)
  assert.equal(source.name, `postgres://127.0.0.1:${port}/postgres`, 'its name has no secret in it')
  assert.ok((await source.read()).every(each => each.value < 0.5))

  await owner.query('BEGIN; UPDATE seat SET sold = 1')
  const waiting = await Promise.all(Array.from({ length: 8 }, client))
  const updates = waiting.map(each => each.query('UPDATE seat SET sold = sold + 1 WHERE id = 1'))
  const locks = await until(source, 'locks in PostgreSQL', 1)
  assert.match(locks.detail, /^\d of \d sessions .* waited for a lock, in: UPDATE seat SET sold = sold \+ 1 WHERE id = 1; \d waited in pg_locks/) // prettier-ignore
  await owner.query('COMMIT')
  await Promise.all(updates)

  const slow = waiting.map(each => each.query('SELECT pg_sleep(1.5), 42'))
  const query = await until(source, 'slow query in PostgreSQL', 1)
  assert.match(query.detail, /\d of \d sessions .* ran one query: SELECT pg_sleep\(\?\), \?/)
  await Promise.all(slow)

  const more = await Promise.all(Array.from({ length: 10 }, client))
  const connections = await until(source, 'connections of PostgreSQL', 0.9)
  assert.match(connections.detail, /^19 of the 20 connections/)

  const [calls, again] = [await source.calls(), await source.calls()]
  assert.equal(calls?.of, hasStatements ? 'queries' : 'transactions')
  assert.ok(calls.count >= 8 && again!.count >= calls.count, JSON.stringify([calls, again]))
  const [first] = await source.slowQueries()
  assert.match(first!.query, /SELECT pg_sleep|UPDATE seat/)
  assert.ok(first!.calls >= 8 && first!.totalMs > 500, JSON.stringify(first))
  t.diagnostic(hasStatements ? 'with pg_stat_statements' : 'without pg_stat_statements')
  await Promise.all([...waiting, ...more, owner].map(each => each.end()))
  await source.close()
})

test('PostgreSQL that goes away is told as not read, and no one fails', async t => {
  const port = await freePort()
  await assert.rejects(PostgresSource.open(`postgres://127.0.0.1:${port}/none`))
  t.diagnostic('refused')
})

test('MariaDB: connections, rows that are waited for, and the query that takes longest', async t => {
  const user = asUser('mysql')
  const program = ['/usr/sbin/mariadbd', '/usr/sbin/mysqld'].find(existsSync)
  if (program === undefined || user === undefined) return t.skip('no server of MariaDB is installed')
  const folder = folderOf(t, user)
  execFileSync('mariadb-install-db', ['--no-defaults', `--datadir=${folder}/data`, '--auth-root-authentication-method=normal', '--skip-test-db'], { ...user, cwd: folder, stdio: 'ignore' }) // prettier-ignore
  const port = await freePort()
  const args = ['--no-defaults', `--datadir=${folder}/data`, `--port=${port}`, '--bind-address=127.0.0.1', `--socket=${folder}/s`, `--pid-file=${folder}/p`, '--max-connections=20', '--performance-schema=ON', '--skip-name-resolve'] // prettier-ignore
  const server = spawn(program, args, { ...user, cwd: folder, stdio: 'ignore' })
  t.after(() => ended(server))
  const { createConnection } = await import('mysql2/promise')
  const client = () => createConnection({ socketPath: `${folder}/s`, user: 'root', database: 'shop' })
  const owner = await opened(() => createConnection({ socketPath: `${folder}/s`, user: 'root' }))
  await owner.query("CREATE USER gauges IDENTIFIED BY 'secret'")
  await owner.query('GRANT ALL ON *.* TO gauges')
  await owner.query('CREATE DATABASE shop')
  await owner.query('CREATE TABLE shop.seat (id int PRIMARY KEY, sold int NOT NULL) ENGINE=InnoDB')
  await owner.query('INSERT INTO shop.seat VALUES (1, 0)')

  const source = await MysqlSource.open(`mysql://gauges:secret@127.0.0.1:${port}/shop`)
  assert.equal(source.name, `mysql://127.0.0.1:${port}/shop`)
  assert.ok((await source.read()).every(each => each.value < 0.5))

  await owner.query('BEGIN')
  await owner.query('UPDATE shop.seat SET sold = 1')
  const waiting = await Promise.all(Array.from({ length: 8 }, client))
  const updates = waiting.map(each => each.query('UPDATE seat SET sold = sold + 1 WHERE id = 1'))
  const locks = await until(source, 'locks in MariaDB', 1)
  assert.match(locks.detail, /sessions of MariaDB .* waited for a lock, in: UPDATE seat/)
  await owner.query('COMMIT')
  await Promise.all(updates)

  const slow = waiting.map(each => each.query('SELECT sleep(1.5)'))
  const query = await until(source, 'slow query in MariaDB', 1)
  assert.match(query.detail, /ran one query: SELECT sleep\(\?\)/)
  await Promise.all(slow)
  const calls = await source.calls()
  assert.ok(calls?.of === 'queries' && calls.count > 0, JSON.stringify(calls))
  const [first] = await source.slowQueries()
  assert.match(first!.query, /sleep|UPDATE/i)
  assert.ok(first!.calls >= 8, JSON.stringify(first))

  const more = await Promise.all(Array.from({ length: 9 }, client))
  await until(source, 'connections of MariaDB', 0.9)
  await Promise.all([...waiting, ...more, owner].map(each => each.end()))
  await source.close()
})

test('Redis: its one thread, its memory, its clients, and the command that takes longest', async t => {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'gauges-'))
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--requirepass', 'secret', '--maxmemory', '100mb', '--maxclients', '20', '--slowlog-log-slower-than', '10000'] // prettier-ignore
  if (!existsSync('/usr/bin/redis-server')) return t.skip('no Redis is installed')
  const server = spawn('redis-server', args, { stdio: 'ignore' })
  t.after(async () => {
    await ended(server)
    rmSync(folder, { recursive: true, force: true })
  })
  const address = `redis://:secret@127.0.0.1:${port}`
  const source = await opened(() => RedisSource.open(address))
  await assert.rejects(RedisSource.open(`redis://:wrong@127.0.0.1:${port}`), /WRONGPASS/)
  assert.ok((await source.read()).every(each => each.value < 0.6))

  const cli = (...words: string[]): ChildProcess =>
    spawn('redis-cli', ['-p', String(port), '-a', 'secret', ...words], { stdio: 'ignore' })
  // A script that works for a while: nobody else is served meanwhile.
  const busy = cli('EVAL', 'for i = 1, 40000000 do end return 1', '0')
  await once(busy, 'exit')
  const cpu = (await source.read()).find(each => each.signal === 'cpu of Redis')!
  assert.ok(cpu.value > 0.05 && cpu.value <= 1, JSON.stringify(cpu))
  await once(cli('EVAL', "for i = 1, 95 do redis.call('SET', i, string.rep('x', 1000000)) end", '0'), 'exit')
  const memory = await until(source, 'memory of Redis', 0.9)
  assert.match(memory.detail, /of the 100 MiB/)
  const [calls, again] = [await source.calls(), await source.calls()]
  assert.ok(calls?.of === 'commands' && again!.count > calls.count, JSON.stringify([calls, again]))
  const [first] = await source.slowQueries()
  assert.match(first!.query, /^EVAL for i/)
  await source.close()
})

test('the agent is one file that runs alone, tells of its host to who has the token, and of event loops', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'agent-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const own = fileURLToPath(new URL('../../src/cli/agent/agent.ts', import.meta.url))
  const imports = [...readFileSync(own, 'utf8').matchAll(/^import .* from '(.+)'$/gm)].map(([, from]) => from!)
  assert.ok(imports.length > 0 && imports.every(from => from.startsWith('node:')), imports.join(' '))
  // Copied to a folder where nothing else is, as to another host.
  const file = join(folder, 'agent.ts')
  writeFileSync(file, readFileSync(own))
  const busy =
    "const wait = () => { for (const end = Date.now() + 90; Date.now() < end;); setTimeout(wait, 5) }\nwait()\nconsole.log('up')"
  writeFileSync(join(folder, 'site.mjs'), busy)
  const env = { ...process.env, BREAKWATER_AGENT_TOKEN: TOKEN, TMPDIR: folder, NODE_OPTIONS: '' }
  const site = spawn(process.execPath, ['--import', file, join(folder, 'site.mjs')], { env, stdio: ['ignore', 'pipe', 'inherit'] }) // prettier-ignore
  t.after(() => ended(site))
  await once(site.stdout, 'data')
  const port = await freePort()
  const agent = spawn(process.execPath, [file, '--port', String(port)], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => ended(agent))
  await once(agent.stdout, 'data')
  const address = `http://127.0.0.1:${port}`
  await assert.rejects(AgentSource.open(address, 'another token, which is as long'), /does not take the token/)
  assert.equal((await fetch(`${address}/gauges`)).status, 401)
  const source = await AgentSource.open(address, TOKEN)
  await sleep(500)
  const begun = (await source.calls())!
  const one = connect(port, '127.0.0.1')
  await once(one, 'connect')
  one.destroy()
  assert.ok(begun.of === 'connections begun' && (await source.calls())!.count > begun.count)
  const samples = await source.read()
  for (const what of ['cpu', 'memory', 'disk', 'open files', 'conntrack', 'accept queue'])
    assert.ok(
      samples.some(each => each.signal.startsWith(`${what} of `)),
      `${what} is told`,
    )
  const loop = await until(source, samples.find(each => each.signal.startsWith('cpu of '))!.signal.replace('cpu', 'event loop'), 0.5) // prettier-ignore
  assert.match(loop.detail, /late$/)
  assert.match(samples.find(each => each.signal.startsWith('disk'))!.detail, /each request of it for \d/)
})

test('a token that can be guessed is refused by the agent', async () => {
  const program = fileURLToPath(new URL('../../bin/breakwater.mjs', import.meta.url))
  const env = { ...process.env, BREAKWATER_AGENT_TOKEN: 'short' }
  const agent = spawn(process.execPath, [program, 'agent', '--port', '0'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const [said] = (await once(agent.stderr, 'data')) as [Buffer]
  assert.match(said.toString(), /16 characters/)
  if (agent.exitCode === null) await once(agent, 'exit')
  assert.equal(agent.exitCode, 2)
})

const EXPORTED = (cpu: number, idle: number, io: number): string => `# HELP node_cpu_seconds_total Seconds
# TYPE node_cpu_seconds_total counter
node_cpu_seconds_total{cpu="0",mode="idle"} ${idle}
node_cpu_seconds_total{cpu="0",mode="user"} ${cpu}
node_disk_io_time_seconds_total{device="vda"} ${io}
node_disk_reads_completed_total{device="vda"} 100
node_disk_writes_completed_total{device="vda"} ${100 + io * 100}
node_disk_read_time_seconds_total{device="vda"} 1
node_disk_write_time_seconds_total{device="vda"} ${io * 4}
node_memory_MemAvailable_bytes 1.5e+09
node_memory_MemTotal_bytes 4e+09
node_nf_conntrack_entries 900
node_nf_conntrack_entries_limit 1000
node_filefd_allocated 500
node_filefd_maximum 1000
`

test('what a node_exporter tells becomes shares of the time between two looks', () => {
  const samples = hostSamples('db1', metricsOf(EXPORTED(10, 90, 5)), metricsOf(EXPORTED(11, 90.1, 5.9)), 1)
  const value = (what: string): number => Math.round(samples.find(each => each.signal === `${what} of db1`)!.value * 1000) / 1000 // prettier-ignore
  assert.deepEqual(['cpu', 'memory', 'disk', 'open files', 'conntrack', 'accept queue'].map(value), [0.909, 0.625, 0.9, 0.5, 0.9, 0]) // prettier-ignore
  assert.match(samples.find(each => each.signal.startsWith('disk'))!.detail, /each request of it for 40\.0 ms/)
})

test('whatever answers and is no node_exporter is refused with what it lacks', async t => {
  const server = createServer((_request, response) => void response.end('hello 1\n')).listen(0, '127.0.0.1')
  t.after(() => server.close().closeAllConnections())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await assert.rejects(NodeExporterSource.open(`http://127.0.0.1:${port}`), /it is no node_exporter/)
})
