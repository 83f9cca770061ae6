// Starts the servers and load programs of the bench and makes sure that none outlives it: each runs in a process group
// of its own on the core it is given, ends with the bench (setpriv --pdeathsig), and is killed when it does not stop.

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { has } from './programs.ts'

/** File descriptors asked for; 10,000 idle connections need as many in the server, and some more for itself. */
const OPEN_FILES = 20_000
/** After SIGTERM a server has this long, then gets a second SIGTERM, then as long again before SIGKILL. */
const STOP_MS = 3000
/** What a program may print before the rest is dropped; wrk prints 1 KiB. */
const OUTPUT_LIMIT = 1 << 20

/** A core, or several as taskset names them: `0,1`. */
export type Core = number | string

/** A program that runs: its first process, and how to end all of its processes. */
export interface Started {
  readonly pid: number
  /** The end of what it has printed so far. */
  printed(): string
  /** Undefined while it runs. */
  exitCode(): number | undefined
  stop(): Promise<void>
}

const running = new Set<ChildProcess>()
let ending = false

/** Starts `argv` on the given core. It may have 10,000 connections. */
export function start(argv: readonly string[], core: Core): Started {
  const { child, output } = launch(argv, core)
  return {
    pid: child.pid ?? 0,
    printed: () => (output.stderr.trim() || output.stdout.trim()).split('\n').slice(-5).join(' | '),
    exitCode: () => (ended(child) ? (child.exitCode ?? 1) : undefined),
    stop: () => stop(child),
  }
}

/** Runs `argv` on the given core to its end, `limitMs` at most; what it printed. Throws when it fails or takes longer. */
export async function runToEnd(
  argv: readonly string[],
  core: Core,
  limitMs: number,
): Promise<{ stdout: string; stderr: string }> {
  const { child, output } = launch(argv, core)
  let late = false
  const timer = setTimeout(() => {
    late = true
    signal(child, 'SIGKILL')
  }, limitMs)
  try {
    if (!ended(child)) await once(child, 'close')
  } finally {
    clearTimeout(timer)
  }
  if (child.exitCode === 0) return output
  const how = late ? `took longer than ${limitMs} ms` : `ended with ${child.exitCode ?? child.signalCode}`
  throw new Error(`${argv[0]} ${how}: ${output.stderr.trim() || output.stdout.trim()}`)
}

/** Ends everything that was started here, and lets nothing start any more. */
export async function stopEverything(): Promise<void> {
  ending = true
  await Promise.all([...running].map(stop))
}

function launch(argv: readonly string[], core: Core): { child: ChildProcess; output: Output } {
  if (ending) throw new Error('the bench is ending')
  const [command, ...args] = wrapped(argv, core)
  const child = spawn(command!, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const output: Output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => keep(output, 'stdout', text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => keep(output, 'stderr', text))
  running.add(child)
  child.once('close', () => running.delete(child))
  child.once('error', error => keep(output, 'stderr', `${error.message}\n`))
  return { child, output }
}

interface Output {
  stdout: string
  stderr: string
}

function keep(output: Output, stream: keyof Output, text: string): void {
  if (output[stream].length < OUTPUT_LIMIT) output[stream] += text
}

/** The command with its core, its limit of open files and its end tied to ours. exec keeps it one process. */
function wrapped(argv: readonly string[], core: Core): string[] {
  const tied = has('setpriv') ? ['setpriv', '--pdeathsig', 'TERM'] : []
  const limits = `ulimit -n ${OPEN_FILES} 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$@"`
  return [...tied, 'taskset', '-c', String(core), 'sh', '-c', limits, 'sh', ...argv]
}

async function stop(child: ChildProcess): Promise<void> {
  for (const name of ['SIGTERM', 'SIGTERM'] as const) {
    if (ended(child)) return
    child.kill(name)
    await Promise.race([once(child, 'close'), sleep(STOP_MS)])
  }
  if (ended(child)) return
  signal(child, 'SIGKILL')
  await Promise.race([once(child, 'close'), sleep(STOP_MS)])
}

/** To the whole process group, as nginx and Varnish have workers. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined || ended(child)) return
  try {
    process.kill(-child.pid, name)
  } catch {
    // It has ended in between.
  }
}

function ended(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null
}
