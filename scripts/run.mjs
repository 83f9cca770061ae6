// `npm start` and `npm test` on a fresh clone: installs what the lock file names if it is not there yet, then runs the
// given script with Breakwater's own Node. Usage: node scripts/run.mjs SCRIPT [args…]
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
if (!installed()) install()
const { findNode, noNodeMessage } = await import('./node.mjs')
const node = findNode()
if (node === undefined) {
  console.error(noNodeMessage())
  process.exit(1)
}
run(node, process.argv.slice(2))

/** npm writes node_modules/.package-lock.json at the end of an install, so an older one means a changed lock file. */
function installed() {
  const done = join(root, 'node_modules', '.package-lock.json')
  return existsSync(done) && statSync(done).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs
}

function install() {
  console.error('Installing what package-lock.json names (once) …')
  const args = ['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error']
  const npm = process.env.npm_execpath
  const result = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (result.status !== 0) process.exit(result.status ?? 1)
}

function run(node, [script, ...args]) {
  const child = spawn(node, [join(root, script), ...args], { stdio: 'inherit' })
  // A terminal's Ctrl-C reaches the child by itself; a signal sent to this process alone has to be handed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => (signal ? process.kill(process.pid, 'SIGKILL') : process.exit(code ?? 1)))
}
