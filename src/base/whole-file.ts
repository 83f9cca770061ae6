// A small file that is replaced in one step: whoever reads it, be it after a crash, finds the one before or the one after.

import { renameSync, writeFileSync } from 'node:fs'

export interface How {
  /** Who may read it, as in 0o600; without it as the process makes files. */
  mode?: number
  /** It is on disk when this returns, so that it is there after a loss of power too. */
  synced?: boolean
}

/** Throws what node:fs throws; the file is what it was then. */
export function replaceFile(path: string, content: string, { mode, synced = false }: How = {}): void {
  const part = `${path}.part`
  writeFileSync(part, content, { flush: synced, ...(mode === undefined ? {} : { mode }) })
  renameSync(part, path)
}
