// The log of commands: who changed what, when, from where, and what came of it. In memory for the dashboard, and in a file of the data
// directory, which is begun anew when it is full, so that two of them are the most there is.

import { appendFileSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../threads/log.ts'

const AUDIT_FILE = 'audit.log'
/** Bytes of one file: some 10,000 commands. */
const LARGEST = 2 * 2 ** 20
/** Commands that are kept in memory. */
const MOST = 200
/** Characters of what was sent. */
const LONGEST = 500

export interface Act {
  /** Wall clock, milliseconds. */
  at: number
  /** `POST /api/mode {"mode":"spike"}`; secrets are in no command's body. */
  what: string
  path: string
  /** What was sent; empty where it was long. */
  asked: object
  /** The address that it came from. */
  from: string
  status: number
}

export class Audit {
  readonly #file: string
  readonly #clock: Clock
  readonly #log: Log
  readonly #acts: Act[]

  constructor(data: string, clock: Clock, log: Log) {
    this.#file = join(data, AUDIT_FILE)
    this.#clock = clock
    this.#log = log
    this.#acts = readActs(this.#file)
  }

  /** The newest first. */
  get acts(): Act[] {
    return this.#acts.toReversed()
  }

  /** The address of whoever is to be erased is left out: it would stay here. */
  note(method: string, path: string, given: object, from: string, status: number): void {
    const body = 'email' in given ? { ...given, email: '(left out)' } : given
    const sent = JSON.stringify(body)
    const said = sent === '{}' ? '' : ` ${sent.slice(0, LONGEST)}`
    const asked = sent.length <= LONGEST ? body : {}
    const act = { at: this.#clock.now(), what: `${method} ${path}${said}`, path, asked, from, status }
    this.#acts.push(act)
    if (this.#acts.length > MOST) this.#acts.shift()
    this.#log('info', 'admin-command', { what: act.what, from, status })
    try {
      if ((statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0) > LARGEST)
        renameSync(this.#file, `${this.#file}.1`)
      appendFileSync(this.#file, `${JSON.stringify(act)}\n`, { mode: 0o600 })
    } catch (error) {
      this.#log('warn', 'audit-not-kept', { error })
    }
  }
}

function readActs(file: string): Act[] {
  try {
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-MOST)
    return lines.map(line => JSON.parse(line) as Act)
  } catch {
    // There is none yet, or its end was torn: what is known from now on is enough.
    return []
  }
}
