// What a server says of itself.

import type { ServerFacts } from '../threads/cluster.ts'

/** From the text of INFO. WAITAOF came with Redis 7.2, from which Valkey was made, so every Valkey has it. */
export function serverFacts(info: string): ServerFacts {
  const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const valkey = field('valkey_version')
  const version = valkey ?? field('redis_version') ?? 'unknown'
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const hasWaitAof = valkey !== undefined || major > 7 || (major === 7 && minor >= 2)
  return { product: valkey === undefined ? 'redis' : 'valkey', version, copies: hasWaitAof ? 'waitaof' : 'wait' }
}

/** From the answer to ROLE. */
export const isPrimary = (role: unknown): boolean => Array.isArray(role) && role[0] === 'master'
