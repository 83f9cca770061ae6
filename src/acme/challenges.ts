// How the site proves that a name is its own (RFC 8555 section 8): by a file that every edge serves, by a certificate that every edge shows
// for a moment, or by a record that the operator's program puts into the DNS.

import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ChallengeAnswers } from '../threads/messages.ts'

/** What one challenge is answered with. */
export type Proof =
  | { type: 'http-01'; token: string; answer: string }
  | { type: 'tls-alpn-01'; name: string; chain: string; key: string }
  | { type: 'dns-01'; name: string; value: string }

export interface Programs {
  add: readonly string[] | undefined
  remove: readonly string[] | undefined
}

/** Every edge has heard by then: they hear each turn of their event loops. */
const SPREAD = 1000
/** A program that waits until name servers have the record. */
const PROGRAM_WITHIN = 600_000

export class Challenges {
  readonly #open = new Set<Proof>()
  readonly #tell: () => void
  readonly #programs: () => Programs
  readonly #spread: () => Promise<void>

  /** `spread` resolves once other nodes answer too, where there are any. */
  constructor(tell: () => void, programs: () => Programs, spread: () => Promise<void>) {
    this.#spread = spread
    this.#tell = tell
    this.#programs = programs
  }

  get answers(): ChallengeAnswers {
    const open = [...this.#open]
    return {
      http: open.flatMap(proof => (proof.type === 'http-01' ? [[proof.token, proof.answer] as [string, string]] : [])),
      alpn: open.flatMap(proof =>
        proof.type === 'tls-alpn-01' ? [{ name: proof.name, chain: proof.chain, key: proof.key }] : [],
      ),
    }
  }

  /** Resolves when it can be looked at. Rejects when the program for the DNS fails. */
  async put(proof: Proof): Promise<void> {
    if (proof.type === 'dns-01') return run(this.#programs().add, proof)
    this.#open.add(proof)
    this.#tell()
    await this.#spread()
    await sleep(SPREAD)
  }

  /** Never rejects with what a look at it needs: it has been looked at. Rejects when the program for the DNS fails. */
  async take(proof: Proof): Promise<void> {
    if (proof.type === 'dns-01') return run(this.#programs().remove, proof)
    this.#open.delete(proof)
    this.#tell()
  }
}

/** Without a shell; the record stands in the environment. */
function run(
  program: readonly string[] | undefined,
  { name, value }: Extract<Proof, { type: 'dns-01' }>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const [command = '', ...args] = program ?? []
    const env = { ...process.env, BREAKWATER_DNS_NAME: `_acme-challenge.${name}`, BREAKWATER_DNS_VALUE: value }
    const child = spawn(command, args, { stdio: 'ignore', timeout: PROGRAM_WITHIN, killSignal: 'SIGKILL', env })
    child.on('error', reject)
    child.on('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`${command} ended with ${signal ?? `code ${code}`}`)),
    )
  })
}
