// Load from wrk: so many connections, each sending its next request as soon as it has its answer (or after a pause,
// when the walk is a paced one). Cheap enough to keep a server's core busy from one other core.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runToEnd } from '../processes.ts'
import { located, WRK } from '../programs.ts'
import { script } from './script.ts'
import type { Walk } from './script.ts'

export interface Load {
  readonly walk: Walk
  readonly connections: number
  /** Each thread has a walk of its own; with as many threads as connections, so has each connection. */
  readonly threads: number
  /** Over TLS; wrk proposes HTTP/1.1 alone. */
  readonly secure?: true
}

/** What came of a load. */
export interface Outcome {
  readonly requests: number
  readonly seconds: number
  /** Received, heads included. */
  readonly bytes: number
  /** Counts of what went wrong, those that are not 0. */
  readonly errors: Readonly<Record<string, number>>
  /** Milliseconds from sending a request to its whole answer. */
  readonly p50: number
  readonly p99: number
}

const SCRIPT = 'load.lua'
/** Connecting, stopping its threads and printing come on top of the time asked for. */
const GRACE_MS = 15_000

/** Sends the load to 127.0.0.1:port from the given core for so many seconds. Its script is written into `folder`. */
export async function send(load: Load, port: number, seconds: number, core: number, folder: string): Promise<Outcome> {
  const file = join(folder, SCRIPT)
  writeFileSync(file, script(load.walk))
  const argv = commandLine(load, file, port, seconds)
  const { stdout } = await runToEnd([located(WRK.command), ...argv], core, seconds * 1000 + GRACE_MS)
  return outcome(stdout)
}

/** The load as one would type it. */
export function described(load: Load, seconds: number): string {
  return ['wrk', ...commandLine(load, `${load.walk.kind}.lua`, 'PORT', seconds)].join(' ')
}

/** Reads the line that the script printed at its end. */
export function outcome(stdout: string): Outcome {
  const line = stdout.split('\n').findLast(each => each.startsWith('{'))
  if (line === undefined) throw new Error(`wrk printed no result: ${stdout.trim()}`)
  const { requests, us, bytes, p50, p99, ...counts } = JSON.parse(line) as Record<string, number>
  const errors = Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))
  return { requests: requests!, seconds: us! / 1e6, bytes: bytes!, errors, p50: p50! / 1000, p99: p99! / 1000 }
}

function commandLine(load: Load, file: string, port: number | string, seconds: number): string[] {
  const { threads, connections, secure } = load
  const scheme = secure === true ? 'https' : 'http'
  return [`-t${threads}`, `-c${connections}`, `-d${seconds}s`, '-s', file, `${scheme}://127.0.0.1:${port}/`]
}
