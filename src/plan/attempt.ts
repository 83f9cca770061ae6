// A program that outlives whoever started it: kill -9 of this process does not end it, and the next process finds out what became
// of it. The wrapper claims the attempt by a file that only one can make; so does a process that wants to know whether it
// began. So an attempt is begun by the wrapper or declared void, never both.

import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Outcome } from './task.ts'

/** A program may take as long: a scale-out that waits for its instances. */
const WITHIN = 600_000
/** How often the next process looks for the end of a program that goes on. */
const LOOK_EVERY = 100
/** A claim without a number in it is being written, or its writer died between the two. */
const CLAIM_WITHIN = 2_000

/** $1 is the claim, $2 the file for the exit code, $3 the boot; the rest is the program. */
const WRAPPER = `
set -C
{ echo "$$ $3" > "$1"; } 2>/dev/null || exit 0
set +C
exit=$2
shift 3
"$@"
code=$?
echo $code > "$exit.part" && mv "$exit.part" "$exit"
exit $code`

export class Attempt {
  readonly #claim: string
  readonly #exit: string

  /** `name` is of one try alone. */
  constructor(data: string, name: string) {
    const folder = join(data, 'plan')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    this.#claim = join(folder, `${name}.claim`)
    this.#exit = join(folder, `${name}.exit`)
  }

  /** Runs the program, with what it prints thrown away. Never rejects. */
  run(program: readonly string[], env: Record<string, string>): Promise<Outcome> {
    return new Promise(resolve => {
      const args = ['-c', WRAPPER, 'breakwater', this.#claim, this.#exit, boot(), ...program]
      const child = spawn('/bin/sh', args, { detached: true, stdio: 'ignore', env: { ...process.env, ...env } })
      const late = setTimeout(() => kill(child.pid), WITHIN)
      child.on('error', error => resolve({ type: 'failed', error: error.message }))
      child.on('exit', (code, signal) => {
        clearTimeout(late)
        resolve(
          signal === null ? outcomeOf(code ?? 1, program) : { type: 'failed', error: `it was ended by ${signal}` },
        )
      })
      // This process may end while it runs: the next one will find out.
      child.unref()
    })
  }

  /** What became of it, begun by an earlier process. Waits while it goes on. */
  async outcome(program: readonly string[]): Promise<Outcome> {
    if (this.#void()) return { type: 'never-began' }
    const asked = performance.now()
    for (;;) {
      const isAlive = this.#isAlive(performance.now() - asked)
      // Looked at after that: a program that ends between the two has left its code.
      const code = read(this.#exit)
      if (code !== undefined) return outcomeOf(Number(code), program)
      if (!isAlive) return { type: 'unknown' }
      if (performance.now() - asked > WITHIN) return { type: 'failed', error: 'it takes more than ten minutes' }
      await sleep(LOOK_EVERY)
    }
  }

  /** To be called when the outcome is on disk. */
  forget(): void {
    for (const file of [this.#claim, this.#exit, `${this.#exit}.part`]) rmSync(file, { force: true })
  }

  /** Claims it, so that nobody can begin it any more. False when it has begun. */
  #void(): boolean {
    try {
      closeSync(openSync(this.#claim, 'wx', 0o600))
      return true
    } catch {
      return false
    }
  }

  #isAlive(waited: number): boolean {
    const [pid = '', of] = read(this.#claim)?.split(' ') ?? []
    if (pid === '') return waited < CLAIM_WITHIN
    if (of !== boot()) return false
    try {
      return process.kill(Number(pid), 0)
    } catch {
      return false
    }
  }
}

function outcomeOf(code: number, [program = '']: readonly string[]): Outcome {
  if (code === 0) return { type: 'ok' }
  const why = code === 127 ? 'was not found' : code === 126 ? 'cannot be run' : `ended with code ${code}`
  return { type: 'failed', error: `${program} ${why}` }
}

/** The trimmed text of a file, or undefined where there is none. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}

/** Names this run of the machine: process ids of another mean nothing. */
const boot = (): string => read('/proc/sys/kernel/random/boot_id') ?? 'here'

function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
