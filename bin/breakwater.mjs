#!/usr/bin/env node
// Starts the command line with Breakwater's own Node. A checkout runs the TypeScript as it stands; the npm package
// carries dist/, because Node strips no types below node_modules.
import { existsSync } from 'node:fs'
import * as module from 'node:module'
import { fileURLToPath } from 'node:url'
import { codeCache, findNode, isWatched, noNodeMessage, runInPlace } from '../scripts/node.mjs'

const source = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))
const built = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const main = existsSync(source) ? source : built
const node = findNode()
if (node === undefined) {
  console.error(noNodeMessage())
  process.exit(1)
}
// Compiled code is kept from one start to the next, this thread's too, which `serve` cannot see to any more.
const cache = process.env.NODE_COMPILE_CACHE ?? codeCache()
if (cache !== undefined) {
  process.env.NODE_COMPILE_CACHE = cache
  module.enableCompileCache?.(cache)
}
const stays = process.argv[2] === 'serve' && isWatched()
if (node === process.execPath && !stays) await import(main)
else runInPlace(node, [main, ...process.argv.slice(2)], process.argv[1])
