// Hands forms to a program or a URL of the site's own in batches, in place of sending each as a request. A batch is written down as in
// flight before it is handed over and as delivered after it was taken: at least once. Each form has its receipt, by which whoever
// imports them keeps out what came twice (an INSERT with a unique key), and then it is exactly once.

import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import type { CollectConfig } from '../config/types.ts'

export type Hook = CollectConfig['hook']

/** Bytes that a program or server may answer; the rest is not read. */
const MOST_SAID = 1024 * 1024
/** Characters of it that are kept as a reason. */
const REASON = 200

/** What came of a batch: taken but for those that were refused by name, or not at all. */
export type BatchResult = { type: 'taken'; rejected: ReadonlyMap<string, string> } | { type: 'failed'; reason: string }

export const isHook = ({ command, url }: Hook): boolean => command !== undefined || url !== undefined

/** `batch`: NDJSON, a form a line as `breakwater journal export` has it. Never rejects. */
export async function handOver({ command, url, secret, within }: Hook, batch: string): Promise<BatchResult> {
  try {
    const said =
      command === undefined ? await posted(url!, secret?.secret, batch, within) : await run(command, batch, within)
    return { type: 'taken', rejected: rejectedIn(said) }
  } catch (error) {
    return { type: 'failed', reason: error instanceof Error ? error.message : String(error) }
  }
}

/** Lines such as `{"receipt": "…", "rejected": "why"}`; whatever else is said is nothing to us. */
function rejectedIn(said: string): Map<string, string> {
  const rejected = new Map<string, string>()
  for (const line of said.split('\n')) {
    if (!line.startsWith('{')) continue
    try {
      const { receipt, rejected: why } = JSON.parse(line) as Record<string, unknown>
      if (typeof receipt === 'string' && typeof why === 'string') rejected.set(receipt, why.slice(0, REASON))
    } catch {
      // A line of its own making.
    }
  }
  return rejected
}

async function posted(url: string, secret: string | undefined, batch: string, within: number): Promise<string> {
  const signature =
    secret === undefined
      ? {}
      : { 'Breakwater-Signature': `sha256=${createHmac('sha256', secret).update(batch).digest('hex')}` }
  const answer = await fetch(url, {
    method: 'POST',
    redirect: 'error',
    headers: { 'Content-Type': 'application/x-ndjson', ...signature },
    body: batch,
    signal: AbortSignal.timeout(within),
  })
  const text = (await answer.text()).slice(0, MOST_SAID)
  if (!answer.ok) throw new Error(`the hook answered ${answer.status}: ${text.slice(0, REASON)}`)
  return text
}

function run([program, ...args]: readonly string[], batch: string, within: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: within, killSignal: 'SIGKILL' })
    let [said, complaint] = ['', '']
    child.stdout
      .setEncoding('utf8')
      .on('data', (text: string) => (said.length < MOST_SAID ? (said += text) : undefined))
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (complaint.length < REASON ? (complaint += text) : undefined))
    child.once('error', error => reject(new Error(`${program} could not be started: ${error.message}`)))
    child.once('close', (code, signal) =>
      code === 0
        ? resolve(said)
        : reject(new Error(`${program} ended with ${code ?? signal}: ${complaint.trim().slice(0, REASON)}`)),
    )
    // One that does not read its input is told by its exit code.
    child.stdin.on('error', () => undefined)
    child.stdin.end(batch)
  })
}
