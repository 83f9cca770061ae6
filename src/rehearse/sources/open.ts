// A source by its address: the scheme says what it is. The agent's token stands where a password would: http://agent:TOKEN@10.0.0.5:9912.

import { AgentSource } from './agent.ts'
import { MysqlSource } from './mysql.ts'
import { NodeExporterSource } from './node-exporter.ts'
import { PostgresSource } from './postgres.ts'
import { RedisSource } from './redis.ts'
import type { Source } from './source.ts'

const UNKNOWN = new RangeError(
  'an address begins with postgres:, mysql:, redis:, or http: for an agent or node_exporter',
)

/** Connects. Rejects with what the source says, or a RangeError for an address of nothing that is known. */
export async function openSource(address: string): Promise<Source> {
  const url = URL.parse(address)
  if (url === null) throw UNKNOWN
  switch (url.protocol) {
    case 'postgres:':
    case 'postgresql:':
      return PostgresSource.open(address)
    case 'mysql:':
      return MysqlSource.open(address)
    case 'redis:':
    case 'rediss:':
      return RedisSource.open(address)
    case 'http:':
    case 'https:':
      return url.password === ''
        ? NodeExporterSource.open(address)
        : AgentSource.open(url.origin, decodeURIComponent(url.password))
    default:
      throw UNKNOWN
  }
}
