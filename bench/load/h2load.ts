// Load over HTTP/2 from h2load: so many connections, each with so many requests open at a time.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HOST, HTTP2_FIELDS } from '../browser.ts'
import { runToEnd } from '../processes.ts'
import { H2LOAD, located } from '../programs.ts'
import type { Outcome } from './wrk.ts'

export interface Http2Load {
  readonly paths: readonly string[]
  readonly connections: number
  /** Requests open at a time on each. */
  readonly streams: number
}

const GRACE_MS = 15_000

/** Sends the load to 127.0.0.1:port over TLS from the given core for so many seconds. Its list of pages is written into `folder`. */
export async function sendHttp2(
  load: Http2Load,
  port: number,
  seconds: number,
  core: number,
  folder: string,
): Promise<Outcome> {
  const file = join(folder, 'pages.txt')
  writeFileSync(file, load.paths.map(path => `https://127.0.0.1:${port}${path}\n`).join(''))
  const fields = [`:authority: ${HOST}`, ...HTTP2_FIELDS].flatMap(field => ['-H', field])
  const argv = [located(H2LOAD.command), ...flags(load, file, seconds), ...fields]
  const { stdout } = await runToEnd(argv, core, seconds * 1000 + GRACE_MS)
  return http2Outcome(stdout)
}

/** The load as one would type it, but for the head's lines. */
export const describedHttp2 = (load: Http2Load, seconds: number): string =>
  ['h2load', ...flags(load, 'pages.txt', seconds), "-H '…'"].join(' ')

/** Reads what h2load printed. It tells no percentiles. */
export function http2Outcome(stdout: string): Outcome {
  const seconds = Number(/finished in ([\d.]+)s/.exec(stdout)?.[1])
  const counts = /requests: .* (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(stdout)
  const statuses = /status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/.exec(stdout)
  const bytes = /traffic: \S+ \((\d+)\) total/.exec(stdout)
  if (counts === null || statuses === null || bytes === null || !(seconds > 0))
    throw new Error(`h2load printed no result: ${stdout.trim()}`)
  const [, done, , failed, , timeout] = counts.map(Number)
  const [, , moved, refused, broken] = statuses.map(Number)
  const errors = Object.entries({ failed: failed!, timeout: timeout!, status: moved! + refused! + broken! })
  return {
    requests: done!,
    seconds,
    bytes: Number(bytes[1]),
    errors: Object.fromEntries(errors.filter(([, count]) => count !== 0)),
    p50: NaN,
    p99: NaN,
  }
}

const flags = ({ connections, streams }: Http2Load, file: string, seconds: number): string[] => [
  ...['-t1', `-c${connections}`, `-m${streams}`],
  ...['-D', String(seconds), '-i', file],
]
