// The tracked files and what they import, for the tests of taste. Imports are found by pattern, not by a parser: the one
// formatter writes every import in the same few shapes, and the first test of imports.test.ts holds the pattern to them.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Paths from the top of the repository, sorted; those that git knows and that are there. */
export const tracked: readonly string[] = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter(path => path !== '' && existsSync(join(root, path)))
  .sort()

export const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** A file or folder, from the top of the repository. */
export const isThere = (path: string): boolean => existsSync(join(root, path))

export const below = (folder: string): string[] =>
  tracked.filter(path => path.startsWith(`${folder}/`) && path.endsWith('.ts'))

export interface Import {
  /** The importing file, from the top of the repository. */
  readonly from: string
  /** Where a relative import leads, from the top of the repository; a package or node: module as it is written. */
  readonly to: string
  /** It is gone once the types are stripped. */
  readonly typesOnly: boolean
}

const STATIC = /^(?:import|export)\s+(type\s)?[^'"`;]*?\bfrom '([^']+)'/gm
const BARE = /^import '([^']+)'/gm
const DYNAMIC = /\bimport\('([^']+)'\)/g

export function importsOf(from: string, source = read(from)): Import[] {
  return [
    ...[...source.matchAll(STATIC)].map(([, type, to]) => ({ to: to!, typesOnly: type !== undefined })),
    ...[...source.matchAll(BARE), ...source.matchAll(DYNAMIC)].map(([, to]) => ({ to: to!, typesOnly: false })),
  ].map(({ to, typesOnly }) => ({ from, to: leadsTo(from, to), typesOnly }))
}

function leadsTo(from: string, to: string): string {
  return to.startsWith('.') ? resolve('/', dirname(from), to).slice(1) : to
}
