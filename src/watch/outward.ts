// Words to somebody outside: a POST, or a command that reads them from its standard input. Both reject when they were not taken.

import { spawn } from 'node:child_process'

/** Milliseconds. A taker that needs longer hangs. */
const WITHIN = 30_000

/** POSTs JSON. Rejects unless the answer is below 300. */
export async function post(url: string, body: string, headers: Record<string, string> = {}): Promise<void> {
  const fields = { 'Content-Type': 'application/json', ...headers }
  const answer = await fetch(url, { method: 'POST', body, headers: fields, signal: AbortSignal.timeout(WITHIN) })
  await answer.body?.cancel()
  if (!answer.ok) throw new Error(`${new URL(url).host} answered ${answer.status}`)
}

/** Runs a program with its arguments, without a shell. Rejects unless it ends with 0. */
export function run([program = '', ...args]: readonly string[], input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'], timeout: WITHIN, killSignal: 'SIGKILL' })
    child.on('error', reject)
    child.on('exit', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`${program} ended with ${signal ?? `code ${code}`}`)),
    )
    // A command that does not read what it is given is none of our business.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}
