// PostgreSQL as a source: its sessions and what they wait for (pg_stat_activity, which tells locks, too), and what its
// queries took (pg_stat_statements, where that is installed). One connection of its own, named so that it is known.
import type { Client } from 'pg'
import { type QueryCounts, SeenQueries, type Session, sessionSamples, slowestSince } from './sessions.ts'
import type { Calls, Sample, SlowQuery, Source } from './source.ts'

const NAME = 'breakwater gauges'
/** A database that does not answer in this time is told as not read, and asked again a second later. */
const WITHIN_MS = 900
const CONNECT_WITHIN_MS = 5000
const MOST_STATEMENTS = 5000

const ACTIVITY = `
  SELECT pid, state, wait_event_type, query, extract(epoch FROM clock_timestamp() - query_start) AS seconds
    FROM pg_stat_activity
   WHERE backend_type = 'client backend' AND application_name <> '${NAME}'`
const LOCKS = 'SELECT count(DISTINCT pid)::int AS waiting FROM pg_locks WHERE NOT granted'
const CALLS = 'SELECT sum(calls)::float8 AS count FROM pg_stat_statements'
/** Without that extension; a transaction may be many queries. */
const TRANSACTIONS = 'SELECT sum(xact_commit + xact_rollback)::float8 AS count FROM pg_stat_database'
const STATEMENTS = `
  SELECT queryid::text AS id, query, calls::float8 AS calls, total_exec_time AS "totalMs"
    FROM pg_stat_statements
   WHERE query NOT LIKE '%pg_stat_%'
   ORDER BY total_exec_time DESC
   LIMIT ${MOST_STATEMENTS}`

interface Activity {
  state: string | null
  wait_event_type: string | null
  query: string
  seconds: string | null
}

export class PostgresSource implements Source {
  readonly name: string
  readonly #client: Client
  readonly #mostConnections: number
  readonly #seen = new SeenQueries()
  #before: Map<string, QueryCounts> | undefined

  private constructor(name: string, client: Client, mostConnections: number) {
    this.name = name
    this.#client = client
    this.#mostConnections = mostConnections
  }

  /** Connects, with the address as `psql` takes it. Rejects with the database's error. */
  static async open(address: string): Promise<PostgresSource> {
    const { default: pg } = await import('pg')
    const bounds = {
      connectionTimeoutMillis: CONNECT_WITHIN_MS,
      statement_timeout: WITHIN_MS,
      query_timeout: WITHIN_MS,
    }
    const client = new pg.Client({ connectionString: address, application_name: NAME, ...bounds })
    // A connection that breaks is told by the next question.
    client.on('error', () => {})
    await client.connect()
    const { rows } = await client.query<{ most: number }>(
      "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS most",
    )
    const source = new PostgresSource(withoutSecrets(address), client, rows[0]!.most)
    source.#before = await source.#statements()
    return source
  }

  async read(): Promise<Sample[]> {
    const { rows } = await this.#client.query<Activity>(ACTIVITY)
    const locks = await this.#client.query<{ waiting: number }>(LOCKS)
    const active: Session[] = rows
      .filter(each => each.state === 'active')
      .map(each => ({
        query: each.query,
        waitsForLock: each.wait_event_type === 'Lock',
        seconds: Number(each.seconds),
      }))
    this.#seen.look(active)
    const idle = rows.filter(each => each.state?.startsWith('idle in transaction')).length
    const samples = sessionSamples('PostgreSQL', {
      connections: rows.length,
      mostConnections: this.#mostConnections,
      active,
    })
    const waiting = locks.rows[0]!.waiting
    return samples.map(each => each.signal.startsWith('locks') && waiting + idle > 0 ? { ...each, detail: `${each.detail}; ${waiting} waited in pg_locks, ${idle} sat idle in a transaction` } : each) // prettier-ignore
  }

  async calls(): Promise<Calls | null> {
    const counted = async (sql: string): Promise<number> => (await this.#client.query<{ count: number }>(sql)).rows[0]!.count // prettier-ignore
    const queries = await counted(CALLS).catch(() => undefined)
    return queries === undefined
      ? { count: await counted(TRANSACTIONS), of: 'transactions' }
      : { count: queries, of: 'queries' }
  }

  async slowQueries(): Promise<SlowQuery[]> {
    const now = await this.#statements()
    return this.#before === undefined || now === undefined ? this.#seen.slowest : slowestSince(this.#before, now)
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => {})
  }

  /** Undefined without pg_stat_statements, or without the right to read it. */
  async #statements(): Promise<Map<string, QueryCounts> | undefined> {
    const answer = await this.#client.query<QueryCounts & { id: string }>(STATEMENTS).catch(() => undefined)
    return answer && new Map(answer.rows.map(row => [row.id, row]))
  }
}

/** An address without its user and password. */
export function withoutSecrets(address: string): string {
  const url = URL.parse(address)
  if (url === null) return address
  url.username = url.password = ''
  return url.href
}
