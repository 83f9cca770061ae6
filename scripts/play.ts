// One test file, played in a process group of its own: when its time is over the whole group is ended, whatever it is doing.
// `run()` of node:test cannot do that: its time-out ends a test that waits, not a file that spins or does not exit.

import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { TICKS_PER_SECOND, statOf } from '../bench/proc.ts'

/** Milliseconds for what it left behind to let go of its output. */
const CLOSED_WITHIN = 2000
/** The lines with which a file sums itself up, each with a count or a duration. */
const SUMMARY = /^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)\n/gm

type Child = ChildProcessByStdio<null, Readable, Readable>

export interface Played {
  file: string
  /** What it printed, less the lines that sum it up. */
  output: string
  passed: number
  /** At least one where the file could not be played to its end. */
  failed: number
  /** How long it took. */
  seconds: number
}

/** In which folder, only the tests with this in their names, and milliseconds that it may take. */
interface How {
  cwd: string
  pattern?: string | undefined
  within: number
}

const groups = new Set<number>()
process.on('exit', () => groups.forEach(end))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))

/** Resolves once no process of the file is left, after `within` milliseconds at most. */
export async function play(file: string, { cwd, pattern, within }: How): Promise<Played> {
  const begun = performance.now()
  // A test that hangs is named by node:test, if anything still runs there.
  const args = [
    `--test-timeout=${within * 0.8}`,
    ...(pattern === undefined ? [] : ['--test-name-pattern', pattern]),
    file,
  ]
  // A file that is told of a runner above it speaks to that one.
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined }
  const child = spawn(process.execPath, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const group = child.pid!
  groups.add(group)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const timer = setTimeout(() => {
    output += `✖ ${file} did not end within ${within / 1000} s. Its processes:\n${processesOf(group)}`
    end(group)
  }, within)
  const code = await ended(child, group)
  clearTimeout(timer)
  return { file, ...outcome(output, code), seconds: (performance.now() - begun) / 1000 }
}

/** Resolves with the exit code once the process has ended, and with it whatever it has left behind. */
async function ended(child: Child, group: number): Promise<number | null> {
  const closed = once(child, 'close')
  const [code] = (await once(child, 'exit')) as [number | null]
  end(group)
  groups.delete(group)
  // A process that left the group can hold the pipes open for as long as it likes.
  await Promise.race([closed, new Promise(resolve => setTimeout(resolve, CLOSED_WITHIN).unref())])
  child.stdout.destroy()
  child.stderr.destroy()
  return code
}

function outcome(output: string, code: number | null): Pick<Played, 'output' | 'passed' | 'failed'> {
  const counts = new Map([...output.matchAll(SUMMARY)].map(([, name, count]) => [name!, Number(count)]))
  const failed = (counts.get('fail') ?? 0) + (counts.get('cancelled') ?? 0)
  return {
    output: output.replace(SUMMARY, ''),
    passed: counts.get('pass') ?? 0,
    failed: code === 0 ? failed : Math.max(1, failed),
  }
}

function end(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** A line for each process of the group: does it wait (S) or spin (R), and how long has it worked? Linux alone tells. */
function processesOf(group: number): string {
  if (process.platform !== 'linux') return ''
  const numbers = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return numbers.map(pid => lineOf(Number(pid), group)).join('')
}

function lineOf(pid: number, group: number): string {
  try {
    const stat = statOf(pid)
    if (stat?.group !== group) return ''
    const worked = stat.ticks / TICKS_PER_SECOND
    return `  ${pid} ${stat.state} ${worked} s ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}\n`
  } catch {
    // It has ended meanwhile.
    return ''
  }
}
