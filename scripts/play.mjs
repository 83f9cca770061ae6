// One test file, played in a process group of its own: when its time is over the whole group is ended, whatever it is doing.
// `run()` of node:test cannot do that: its time-out ends a test that waits, not a file that spins or does not exit.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'

/** Milliseconds for what it left behind to let go of its output. */
const CLOSED_WITHIN = 2000
/** The lines with which a file sums itself up, each with a count or a duration. */
const SUMMARY = /^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)\n/gm
/** Of a second, in /proc. */
const TICKS = 100

const groups = new Set()
process.on('exit', () => groups.forEach(end))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))

/** Resolves once no process of the file is left, after `within` milliseconds at most: what it printed, its counts, and how long it took (seconds). */
export async function play(file, { cwd, pattern, within }) {
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
  groups.add(child.pid)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (output += text))
  const timer = setTimeout(() => {
    output += `✖ ${file} did not end within ${within / 1000} s. Its processes:\n${processesOf(child.pid)}`
    end(child.pid)
  }, within)
  const code = await ended(child)
  clearTimeout(timer)
  return { file, ...outcome(output, code), seconds: (performance.now() - begun) / 1000 }
}

/** Resolves with the exit code once the process has ended, and with it whatever it has left behind. */
async function ended(child) {
  const closed = once(child, 'close')
  const [code] = await once(child, 'exit')
  end(child.pid)
  groups.delete(child.pid)
  // A process that left the group can hold the pipes open for as long as it likes.
  await Promise.race([closed, new Promise(resolve => setTimeout(resolve, CLOSED_WITHIN).unref())])
  child.stdout.destroy()
  child.stderr.destroy()
  return code
}

function outcome(output, code) {
  const counts = Object.fromEntries([...output.matchAll(SUMMARY)].map(([, name, count]) => [name, Number(count)]))
  const failed = (counts.fail ?? 0) + (counts.cancelled ?? 0)
  return {
    output: output.replace(SUMMARY, ''),
    passed: counts.pass ?? 0,
    failed: code === 0 ? failed : Math.max(1, failed),
  }
}

function end(group) {
  try {
    process.kill(-group, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

/** A line for each process of the group: does it wait (S) or spin (R), and how long has it worked? Linux alone tells. */
function processesOf(group) {
  if (process.platform !== 'linux') return ''
  const numbers = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return numbers.map(pid => lineOf(pid, group)).join('')
}

function lineOf(pid, group) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Counted from behind the name, which may hold anything: state, parent, group, …, and ticks in user and kernel mode.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (Number(fields[2]) !== group) return ''
    const worked = (Number(fields[11]) + Number(fields[12])) / TICKS
    return `  ${pid} ${fields[0]} ${worked} s ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}\n`
  } catch {
    // It has ended meanwhile.
    return ''
  }
}
