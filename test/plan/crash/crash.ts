// One runbook, killed with kill -9 at writes drawn from the seed, then left to come to its end; and the account of it.

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { below, seeded } from '../../../src/base/random.ts'
import type { Random } from '../../../src/base/random.ts'

const program = fileURLToPath(new URL('child.ts', import.meta.url))
/** Steps with an undo, as the notes name them; and the webhook. */
const UNDONE = ['first', 'second', 'held', 'failing', 'at-the-end', 'webhook']
/** Lines of a run that nobody kills, so that over many runs each is the place of a first kill. */
const LINES = 52
const MOST_KILLS = 3
/** Milliseconds a process may take until it is over: an undo that waited a few times. */
const WITHIN = 30_000

export interface Account {
  /** What is wrong; empty when it went well. */
  wrong: string[]
  kills: number
  /** Lines at which it was killed. */
  at: string[]
}

/** Run `n` of a seed: its first kill is at line `n` modulo all lines, later ones at random. */
export async function crash(seed: number, n: number): Promise<Account> {
  const random = seeded(seed + n)
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-crash-plan-'))
  const notes = join(folder, 'notes')
  const hooks = await listen()
  const at: string[] = []
  try {
    for (let kill = 0; kill < MOST_KILLS; kill++) {
      const line = kill === 0 ? (n % LINES) + 1 : 1 + below(random, LINES / 2)
      const killed = await live([join(folder, 'data'), notes, hooks.url], line, random)
      if (killed === null) break
      at.push(killed)
    }
    if ((await live([join(folder, 'data'), notes, hooks.url], Infinity, random)) !== null)
      return { wrong: ['it does not come to its end'], kills: at.length, at }
    const lines = existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : []
    return { wrong: accounted([...lines, ...hooks.heard]), kills: at.length, at }
  } finally {
    hooks.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Kills it a moment after it has said so many lines; the line, or null when it came to its end. */
async function live(args: string[], line: number, random: Random): Promise<string | null> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<void>(resolve => child.on('close', () => resolve()))
  const late = setTimeout(() => child.kill('SIGKILL'), WITHIN)
  let [lines, killed]: [number, string | null] = [0, null]
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
    for (const each of text.split('\n').filter(part => part !== '')) {
      if (++lines !== line || each === 'over') continue
      killed = each
      // A little later, so that programs are caught before and after they begin.
      void sleep(below(random, 40)).then(() => child.kill('SIGKILL'))
    }
  })
  await ended
  clearTimeout(late)
  if (said.endsWith('over\n')) return null
  return killed ?? 'never over'
}

/** Of each step: done at most once, undone exactly once if it was done and never without, and undone after it was done. */
function accounted(lines: string[]): string[] {
  const times = (what: string): number => lines.filter(line => line === what).length
  return UNDONE.flatMap(name => {
    const [done, undone] = [times(`do ${name}`), times(`undo ${name}`)]
    if (done === 0 && undone === 0 && name === 'at-the-end') return []
    // Whether a webhook left before the kill nobody can tell here: it is undone in any case.
    if (name === 'webhook' && done === 0 && undone === 1) return []
    const isInOrder = lines.indexOf(`do ${name}`) < lines.indexOf(`undo ${name}`)
    return done <= 1 && undone === done && (done === 0 || isInOrder)
      ? []
      : [`${name} was done ${done} times and undone ${undone} times`]
  })
}

/** Takes webhooks, each key once. */
async function listen(): Promise<{ url: string; heard: string[]; close(): void }> {
  const heard: string[] = []
  const keys = new Set<string>()
  const server = createServer((request, response) => {
    const key = String(request.headers['idempotency-key'])
    if (!keys.has(key)) heard.push(`${request.url!.slice(1)} webhook`)
    keys.add(key)
    request.resume().on('end', () => response.end())
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.on('listening', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { url: `http://127.0.0.1:${address.port}`, heard, close: () => server.close().closeAllConnections() }
}
