// A place beside /proc where gauges are read: the agent on another host, a database, a cache. Each tells signals as they
// are this second, from 0 to 1 where 1 is full, and at the end what it knows of slow queries.

/** One signal in one second. */
export interface Sample {
  /** What it is the signal of, in words that stand in a verdict: `connections of PostgreSQL`. */
  signal: string
  /** 1 is full. */
  value: number
  /** The numbers behind it, as a part of a sentence. */
  detail: string
}

/** A query that took long, as the database tells it. */
export interface SlowQuery {
  query: string
  calls: number
  meanMs: number
  totalMs: number
}

/** What it has been asked for since it was started. */
export interface Calls {
  count: number
  /** What is counted: `queries`. */
  of: string
}

export interface Source {
  /** As people call it, such as `postgres://db.example:5432/shop`, without its secrets. */
  readonly name: string
  /** What there is to read now. Rejects when it cannot be read. */
  read(): Promise<Sample[]>
  /** How often it was asked so far, a sum that only grows; null where it does not count that. */
  calls(): Promise<Calls | null>
  /** The queries that took most since it was opened, the worst first; none where it has no such thing. */
  slowQueries(): Promise<SlowQuery[]>
  close(): Promise<void>
}
