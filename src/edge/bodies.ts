// Where the large bodies of collected forms lie in the data directory: edges write and read them, the forms thread owns them.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** The folder, made when it is not there; a data directory that cannot be written to is the forms thread's to report. */
export function bodiesFolder(data: string): string {
  const folder = join(data, 'forms', 'bodies')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch {
    // Each form that needs it is refused then, with its reason.
  }
  return folder
}
