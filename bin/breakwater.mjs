#!/usr/bin/env node
// Starts the command line with Breakwater's own Node. A checkout runs the TypeScript as it stands; the npm package
// carries dist/, because Node strips no types below node_modules.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findNode, noNodeMessage } from '../scripts/node.mjs'

const source = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const built = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const main = existsSync(source) ? source : built
const node = findNode()
if (node === undefined) {
  console.error(noNodeMessage())
  process.exit(1)
}
if (node === process.execPath) await import(main)
else start(node)

function start(node) {
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => (signal ? process.kill(process.pid, 'SIGKILL') : process.exit(code ?? 1)))
}
