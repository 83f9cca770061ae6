// A real application that is not ours behind the shield: Debian's Jupyter Notebook. A user logs in, uploads, downloads in
// parts, and runs code over a WebSocket, all through the shield, while somebody who is not logged in gets nothing of it.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { bytesFor } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask, crowd } from '../fixtures/visitor.ts'
import type { Came, Wishes } from '../fixtures/visitor.ts'

const PASSWORD = 'correct horse'
const FILE = bytesFor('upload', 3_000_000)

/** A user of a browser, as far as that goes: keeps cookies, and sends the token that Jupyter wants with each change. */
class User {
  readonly #port: number
  readonly #cookies = new Map<string, string>()

  constructor(port: number) {
    this.#port = port
  }

  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async ask(path: string, wishes: Wishes = {}): Promise<Came> {
    const host = `127.0.0.1:${this.#port}`
    const fields: Record<string, string> = { host, referer: `http://${host}/tree`, ...wishes.fields }
    if (this.#cookies.size > 0) fields['cookie'] = this.cookie
    const xsrf = this.#cookies.get('_xsrf')
    if (xsrf !== undefined && wishes.method !== undefined) fields['x-xsrftoken'] = xsrf
    const came = await ask(this.#port, path, { ...wishes, fields })
    for (const line of came.fields['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      this.#cookies.set(name!, value!)
    }
    return came
  }

  async logIn(password: string): Promise<Came> {
    await this.ask('/login')
    const form = new URLSearchParams({ _xsrf: this.#cookies.get('_xsrf') ?? '', password })
    return this.ask('/login?next=%2Ftree', {
      method: 'POST',
      fields: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    })
  }

  /** Runs code in a new kernel, over a WebSocket; resolves with what it printed. */
  async run(code: string): Promise<string> {
    const { text } = await this.ask('/api/kernels', { method: 'POST', body: '{}' })
    const { id } = JSON.parse(text) as { id: string }
    const url = `ws://127.0.0.1:${this.#port}/api/kernels/${id}/channels?session_id=test`
    const socket = new WebSocket(url, { headers: { cookie: this.cookie, origin: `http://127.0.0.1:${this.#port}` } })
    const printed = new Promise<string>((resolve, reject) => {
      let text = ''
      socket.addEventListener('error', () => reject(new Error('the WebSocket failed')))
      socket.addEventListener('close', () => reject(new Error('the WebSocket was closed')))
      socket.addEventListener('message', ({ data }) => {
        const message = JSON.parse(String(data)) as Message
        if (message.parent_header.msg_id !== 'run') return
        if (message.msg_type === 'stream') text += message.content.text
        if (message.msg_type === 'status' && message.content.execution_state === 'idle') resolve(text)
      })
    })
    await new Promise(resolve => socket.addEventListener('open', resolve))
    socket.send(JSON.stringify(executeRequest(code)))
    const text_ = await printed
    socket.close()
    await this.ask(`/api/kernels/${id}`, { method: 'DELETE' })
    return text_
  }
}

/** What is read of a message of the Jupyter protocol. */
interface Message {
  msg_type: string
  parent_header: { msg_id?: string }
  content: { text?: string; execution_state?: string }
}

const executeRequest = (code: string) => ({
  header: { msg_id: 'run', msg_type: 'execute_request', username: '', session: 'test', version: '5.3', date: '' },
  parent_header: {},
  metadata: {},
  channel: 'shell',
  content: { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false },
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** Resolves when it answers. */
async function startJupyter(folder: string): Promise<{ process: ChildProcess; port: number }> {
  const port = await freePort()
  const script = fileURLToPath(new URL('jupyter.sh', import.meta.url))
  const process = spawn(script, [String(port), folder, PASSWORD], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  process.stderr.on('data', (text: Buffer) => (said += text.toString()))
  const answers = async (): Promise<boolean> => {
    if (process.exitCode !== null) throw new Error(`Jupyter has ended: ${said}`)
    return (await ask(port, '/login', { fields: { host: '127.0.0.1' } }).catch(() => undefined))?.status === 200
  }
  await until(() => `Jupyter answers: ${said}`, answers, 60_000)
  return { process, port }
}

test('Jupyter Notebook works through the shield', { timeout: 120_000 }, async context => {
  if (spawnSync('jupyter-notebook', ['--version']).error !== undefined) {
    return context.skip('jupyter-notebook is not installed (apt-get install jupyter-notebook)')
  }
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-jupyter-'))
  const jupyter = await startJupyter(folder)
  await using shield = await Shield.start({ origins: [`http://127.0.0.1:${jupyter.port}`] })
  const user = new User(shield.port)
  const stranger = new User(shield.port)
  try {
    await context.test('a wrong password is refused, the right one logs in', async () => {
      assert.equal((await user.logIn('wrong')).status, 401)
      const welcome = await user.logIn(PASSWORD)
      assert.deepEqual([welcome.status, welcome.fields.location], [302, '/tree'])
      const tree = await user.ask('/tree')
      assert.equal(tree.status, 200)
      assert.match(tree.text, /<title>/)
    })

    await context.test('what the user sees is nobody else’s', async () => {
      for (const path of ['/tree', '/api/contents']) {
        assert.equal((await user.ask(path)).status, 200)
        const { status } = await stranger.ask(path)
        assert.ok(status === 302 || status === 403, `${path}: ${status}`)
      }
    })

    await context.test('a file of 3 MB is uploaded and comes back byte for byte, whole and in parts', async () => {
      const content = FILE.toString('base64')
      const body = JSON.stringify({ type: 'file', format: 'base64', content })
      const made = await user.ask('/api/contents/upload.bin', { method: 'PUT', body })
      assert.equal(made.status, 201)
      assert.ok((await user.ask('/files/upload.bin')).body.equals(FILE))
      const part = await user.ask('/files/upload.bin', { fields: { range: 'bytes=1000000-2000000' } })
      assert.deepEqual([part.status, part.fields['content-range']], [206, 'bytes 1000000-2000000/3000000'])
      assert.ok(part.body.equals(FILE.subarray(1_000_000, 2_000_001)))
      assert.notEqual((await stranger.ask('/files/upload.bin')).status, 200)
      const changed = JSON.stringify({ type: 'file', format: 'text', content: 'changed' })
      assert.equal((await user.ask('/api/contents/upload.bin', { method: 'PUT', body: changed })).status, 200)
      assert.equal((await user.ask('/files/upload.bin')).text, 'changed')
    })

    await context.test('code runs in a kernel over a WebSocket', async () => {
      assert.equal(await user.run('print(6 * 7)'), '42\n')
      const long = await user.run('print("x" * 500000)')
      assert.equal(long.length, 500_001)
    })

    await context.test('style sheets are shared by a crowd', async () => {
      const path = '/static/style/style.min.css'
      const first = await stranger.ask(path)
      assert.equal(first.status, 200)
      const all = await crowd(shield.port, path, 50, () => ({ fields: { host: `127.0.0.1:${shield.port}` } }))
      assert.ok(all.every(({ body }) => body.equals(first.body)))
      const caches = Object.groupBy(all, ({ cache }) => cache.replace(/ttl=\d+/, 'ttl'))
      context.diagnostic(
        Object.entries(caches)
          .map(([cache, of]) => `${of!.length} ${cache}`)
          .join(' · '),
      )
    })
  } finally {
    jupyter.process.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})
