// Handshakes of TLS one after the other, each a full one: what a visitor costs who comes for the first time.

import { runToEnd } from '../processes.ts'
import { located, OPENSSL } from '../programs.ts'
import type { Outcome } from './wrk.ts'

const GRACE_MS = 15_000

const flags = (port: number | string, seconds: number): string[] => [
  ...['s_time', '-connect', `127.0.0.1:${port}`, '-new', '-time', String(seconds)],
]

export const describedHandshakes = (seconds: number): string => ['openssl', ...flags('PORT', seconds)].join(' ')

/** Shakes hands with 127.0.0.1:port from the given core for so many seconds. */
export async function shakeHands(port: number, seconds: number, core: number): Promise<Outcome> {
  const argv = [located(OPENSSL.command), ...flags(port, seconds)]
  const { stdout } = await runToEnd(argv, core, seconds * 1000 + GRACE_MS)
  return handshakesOutcome(stdout)
}

/** Reads what openssl printed: `requests` are handshakes. */
export function handshakesOutcome(stdout: string): Outcome {
  const [, connections, seconds] = /(\d+) connections in (\d+) real seconds/.exec(stdout) ?? []
  if (connections === undefined) throw new Error(`openssl printed no result: ${stdout.trim()}`)
  return { requests: Number(connections), seconds: Number(seconds), bytes: 0, errors: {}, p50: NaN, p99: NaN }
}
