// MySQL and MariaDB as a source: the process list, what waits for rows (InnoDB), what queries took by their digest
// (performance_schema, where it is on) and the slow log where it is a table.
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { withoutSecrets } from './postgres.ts'
import { type QueryCounts, SeenQueries, type Session, sessionSamples, shapeOf, slowestSince } from './sessions.ts'
import type { Calls, Sample, SlowQuery, Source } from './source.ts'

const CONNECT_WITHIN_MS = 5000
const WITHIN_MS = 900

const PROCESSES = `
  SELECT id, command, time_ms, state, info, @@max_connections AS most
    FROM information_schema.processlist
   WHERE id <> connection_id() AND command <> 'Daemon' AND user <> 'system user'`
/** MySQL has no time_ms; MariaDB has. */
const PROCESSES_OF_MYSQL = PROCESSES.replace('time_ms', 'time * 1000 AS time_ms')
const ROW_LOCKS = "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'"
const QUESTIONS = "SHOW GLOBAL STATUS LIKE 'Questions'"
const DIGESTS = `
  SELECT digest AS id, digest_text AS query, count_star AS calls, sum_timer_wait / 1e9 AS totalMs
    FROM performance_schema.events_statements_summary_by_digest
   WHERE digest IS NOT NULL AND digest_text NOT LIKE '%performance_schema%'
   ORDER BY sum_timer_wait DESC
   LIMIT 5000`
const SLOW_LOG = `
  SELECT sql_text AS query, time_to_sec(query_time) * 1000 + microsecond(query_time) / 1000 AS ms
    FROM mysql.slow_log
   WHERE start_time >= ?
   LIMIT 5000`

/** A number as it comes: decimals come as text, so that no digit is lost. */
type Decimal = number | string

interface Process extends RowDataPacket {
  command: string
  time_ms: Decimal
  state: string | null
  info: string | null
  most: number
}

export class MysqlSource implements Source {
  readonly name: string
  readonly #connection: Connection
  readonly #processes: string
  readonly #since: Date
  readonly #seen = new SeenQueries()
  #before: Map<string, QueryCounts> | undefined

  private constructor(name: string, connection: Connection, processes: string, since: Date) {
    this.name = name
    this.#connection = connection
    this.#processes = processes
    this.#since = since
  }

  /** Connects, with an address such as mysql://user:password@127.0.0.1:3306/shop, or with ?socketPath=. Rejects with the database's error. */
  static async open(address: string): Promise<MysqlSource> {
    const { createConnection } = await import('mysql2/promise')
    const connection = await createConnection({ uri: address, connectTimeout: CONNECT_WITHIN_MS })
    connection.on('error', () => {})
    const known = await rowsOf<Process>(connection, PROCESSES).catch(() => undefined)
    const [now] = await rowsOf<RowDataPacket & { at: Date }>(connection, 'SELECT now(6) AS at')
    const processes = known === undefined ? PROCESSES_OF_MYSQL : PROCESSES
    const source = new MysqlSource(withoutSecrets(address), connection, processes, now!.at)
    source.#before = await source.#digests()
    return source
  }

  async read(): Promise<Sample[]> {
    const all = await rowsOf<Process>(this.#connection, this.#processes)
    const [locks] = await rowsOf<RowDataPacket & { Value: string }>(this.#connection, ROW_LOCKS)
    const active = sessionsOf(all, Number(locks?.Value ?? 0))
    this.#seen.look(active)
    return sessionSamples('MariaDB', { connections: all.length, mostConnections: all[0]?.most ?? Infinity, active })
  }

  async calls(): Promise<Calls | null> {
    const [row] = await rowsOf<RowDataPacket & { Value: string }>(this.#connection, QUESTIONS)
    return row === undefined ? null : { count: Number(row.Value), of: 'queries' }
  }

  /** By digest where the database counts them; else from its slow log; else as they were seen at work. */
  async slowQueries(): Promise<SlowQuery[]> {
    const now = await this.#digests()
    const counted = this.#before === undefined || now === undefined ? [] : slowestSince(this.#before, now)
    if (counted.length > 0) return counted
    const logged = await this.#slowLog()
    return logged.length > 0 ? logged : this.#seen.slowest
  }

  async close(): Promise<void> {
    await this.#connection.end().catch(() => {})
  }

  async #digests(): Promise<Map<string, QueryCounts> | undefined> {
    const rows = await rowsOf<RowDataPacket & { id: string; query: string; calls: Decimal; totalMs: Decimal }>(
      this.#connection,
      DIGESTS,
    ).catch(() => [])
    if (rows.length === 0) return undefined
    return new Map(rows.map(row => [row.id, { query: row.query, calls: Number(row.calls), totalMs: Number(row.totalMs) }])) // prettier-ignore
  }

  async #slowLog(): Promise<SlowQuery[]> {
    const rows = await rowsOf<RowDataPacket & { query: Buffer | string; ms: Decimal }>(this.#connection, SLOW_LOG, [this.#since]).catch(() => []) // prettier-ignore
    const counts = new Map<string, QueryCounts>()
    for (const { query, ms } of rows) {
      const shape = shapeOf(query.toString())
      const { calls, totalMs } = counts.get(shape) ?? { calls: 0, totalMs: 0 }
      counts.set(shape, { query: shape, calls: calls + 1, totalMs: totalMs + Number(ms) })
    }
    return slowestSince(new Map(), counts)
  }
}

async function rowsOf<Row extends RowDataPacket>(
  connection: Connection,
  sql: string,
  values: Date[] = [],
): Promise<Row[]> {
  // prettier-ignore
  const [rows] = await connection.query<Row[]>({ sql, timeout: WITHIN_MS, values })
  return rows
}

/**
 * Those at work. The list says of locks on tables and metadata that they are waited for; of rows InnoDB tells how many
 * wait, which then are those that have changed a row for longest.
 */
function sessionsOf(all: readonly Process[], rowWaits: number): Session[] {
  const active = all.filter(each => each.command === 'Query' || each.command === 'Execute')
  const waits = (each: Process): boolean => /\block\b/i.test(each.state ?? '')
  const changes = active.filter(each => !waits(each) && /^\s*(update|delete|insert|replace|select .* for update)/is.test(each.info ?? '')) // prettier-ignore
  const waiting = new Set(changes.toSorted((a, b) => Number(b.time_ms) - Number(a.time_ms)).slice(0, rowWaits))
  return active.map(each => ({ query: each.info ?? '', waitsForLock: waits(each) || waiting.has(each), seconds: Number(each.time_ms) / 1000 })) // prettier-ignore
}
