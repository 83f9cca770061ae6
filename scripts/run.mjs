// `npm start` and `npm test` on a fresh clone: installs what the lock file names if it is not there yet, then runs the
// given script with Breakwater's own Node. Usage: node scripts/run.mjs SCRIPT [args…]
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
if (!installed()) install()
const { findNode, noNodeMessage, runInPlace } = await import('./node.mjs')
const node = findNode()
if (node === undefined) {
  console.error(noNodeMessage())
  process.exit(1)
}
const [script, ...args] = process.argv.slice(2)
runInPlace(node, [join(root, script), ...args])

/** npm writes node_modules/.package-lock.json at the end of an install, so an older one means a changed lock file. */
function installed() {
  const done = join(root, 'node_modules', '.package-lock.json')
  return existsSync(done) && statSync(done).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs
}

/**
 * Not `npm ci`: that refuses a lock file without every platform's optional packages, and a registry that does not have them
 * all makes such a file. The versions are the lock file's all the same.
 */
function install() {
  console.error('Installing what package-lock.json names (once) …')
  const args = ['install', '--no-save', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error']
  const npm = process.env.npm_execpath
  const result = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (result.status !== 0) process.exit(result.status ?? 1)
}
