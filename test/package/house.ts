// A machine as a user has it: an empty folder for everything, and on the path an older Node and npm, but not ours.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The checkout under test. */
export const checkout = fileURLToPath(new URL('../..', import.meta.url))

/** What tells a program that npm, or a test, has started it. Settings, as for a registry or its certificate, stay. */
const TOLD = /^(npm_(?!config_)|NODE_(OPTIONS|TEST_CONTEXT)$)/i

export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), 'breakwater-package-'))
  readonly env: NodeJS.ProcessEnv

  constructor() {
    // npm puts the folders of packages in front.
    const path = (process.env['PATH'] ?? '').split(delimiter).filter(each => !each.includes('node_modules'))
    const inherited = Object.entries(process.env).filter(([name]) => !TOLD.test(name))
    this.env = {
      ...Object.fromEntries(inherited),
      PATH: path.join(delimiter),
      npm_config_loglevel: 'error',
      XDG_CACHE_HOME: this.at('cache'),
    }
  }

  at(...names: string[]): string {
    return join(this.folder, ...names)
  }

  /** Runs a command to its end; rejects, with what it said, when that is not 0. */
  async run(command: string, args: string[], cwd = this.folder): Promise<string> {
    const { stdout } = await run(command, args, { cwd, env: this.env, maxBuffer: 2 ** 24 })
    return stdout
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
