// One process at a time uses a data directory. The lock is SQLite's on a file there, because the system takes it back
// however the process ends: a file with a process id in it alone would lock out the next one after kill -9, as soon as
// another program has got that id. The id is written beside it for people.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartError } from './start-error.ts'

const LOCK_FILE = 'lock'
const PID_FILE = 'pid'
/** SQLITE_BUSY. */
const BUSY = 5

interface Taken {
  release: () => void
  /** Why the directory could not be locked, or null. */
  problem: string | null
}

/**
 * Makes the directory if it is not there, and locks it. Throws StartError when another process has it. A directory that
 * cannot be written to, or a file system without locks, does not keep the process from serving.
 */
export function takeDataDirectory(directory: string): Taken {
  let lock: DatabaseSync | undefined
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    lock = new DatabaseSync(join(directory, LOCK_FILE))
    lock.exec('BEGIN EXCLUSIVE')
    chmodSync(join(directory, LOCK_FILE), 0o600)
    writeFileSync(join(directory, PID_FILE), `${process.pid}\n`, { mode: 0o600 })
  } catch (error) {
    lock?.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) throw new StartError(inUse(directory))
    return { release: () => {}, problem: notLocked(directory, error) }
  }
  const held = lock
  return { release: () => (held.isOpen ? held.close() : undefined), problem: null }
}

const inUse = (directory: string): string =>
  `The data directory ${directory} is in use by another Breakwater${idOf(directory)}. Stop that one, or name another directory: --data.`

function idOf(directory: string): string {
  try {
    return ` (process ${readFileSync(join(directory, PID_FILE), 'utf8').trim()})`
  } catch {
    return ''
  }
}

const notLocked = (directory: string, error: unknown): string =>
  `The data directory ${directory} cannot be used: ${error instanceof Error ? error.message : String(error)}. Nothing will be kept there.`
