// A real application of somebody else's, started by its script beside this file: SCRIPT PORT FOLDER prints "ready" once it answers,
// runs until it is told to end, and leaves FOLDER/sql to look into its database; SCRIPT --check says what is not installed.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from '../fixtures/until.ts'

const PATIENCE = 120_000

const pathOf = (script: string): string => fileURLToPath(new URL(script, import.meta.url))

/** In words what is not installed; empty when all is there. */
export const missingFor = (script: string): string =>
  spawnSync(pathOf(script), ['--check'], { encoding: 'utf8' }).stderr.trim()

export class RealSite {
  readonly port: number
  readonly #folder: string
  readonly #process: ChildProcess

  private constructor(port: number, folder: string, process: ChildProcess) {
    this.port = port
    this.#folder = folder
    this.#process = process
  }

  /** Resolves once it answers. */
  static async start(script: string): Promise<RealSite> {
    const port = await freePort()
    // Sockets lie in it, and their names have to be short.
    const folder = mkdtempSync(join(tmpdir(), 'bw-real-'))
    const process = spawn(pathOf(script), [String(port), folder], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [process.stdout, process.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said += text))
    const site = new RealSite(port, folder, process)
    try {
      const isReady = (): boolean => {
        if (process.exitCode !== null) throw new Error(`${script} has ended: ${said}`)
        return said.includes('ready\n')
      }
      await until(() => `${script} is ready: ${said}`, isReady, PATIENCE)
    } catch (error) {
      await site[Symbol.asyncDispose]()
      throw error
    }
    return site
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** What the database answers, a line for each row. */
  sql(text: string): string[] {
    const said = execFileSync(join(this.#folder, 'sql'), [text], { encoding: 'utf8' })
    return said.split('\n').filter(line => line !== '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const gone = new Promise(resolve => this.#process.once('exit', resolve))
      this.#process.kill('SIGTERM')
      await gone
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
