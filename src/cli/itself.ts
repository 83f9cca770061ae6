// How this program starts another process of itself in its own place. What lies on disk may be a new version by then, with a Node of its
// own, so both are looked up anew behind the path by which this process was started.

import { existsSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Program } from '../supervisor/successor.ts'
import { isLaunched, succeededBy } from './launched.ts'

/** What a launcher was started as (scripts/node.mjs). */
const VARIABLE = 'BREAKWATER_PROGRAM'
/** It is there in every version, and knows which Node runs it. */
const FINDER = 'scripts/node.mjs'

interface Finder {
  findNode: () => string | undefined
  noNodeMessage: () => string
}

/** This program, for one who is to start it again. The variable is meant for this process alone. */
export function thisProgram(): Program {
  const path = process.env[VARIABLE] ?? process.argv[1]!
  delete process.env[VARIABLE]
  return { commandLine: () => commandLine(path), isLaunched: isLaunched(), succeeded: succeededBy }
}

async function commandLine(path: string): Promise<{ node: string; args: string[] }> {
  const root = rootOf(realpathSync(path))
  const finder = join(root, FINDER)
  // A module is kept as it was when it was first asked for.
  const version = statSync(finder).mtimeMs
  const { findNode, noNodeMessage } = (await import(`${pathToFileURL(finder).href}?${version}`)) as Finder
  const node = findNode()
  if (node === undefined) throw new Error(noNodeMessage())
  const main = ['src/cli/main.ts', 'dist/cli/main.js'].map(each => join(root, each)).find(existsSync)
  if (main === undefined) throw new Error(`There is no command line below ${root}: install Breakwater there.`)
  return { node, args: [...process.execArgv, main, ...process.argv.slice(2)] }
}

/** The folder of the program that a file of it is in. */
function rootOf(file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, FINDER))) return folder
  throw new Error(`${file} is no part of Breakwater.`)
}
