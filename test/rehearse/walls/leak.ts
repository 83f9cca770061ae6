// A site that forgets to let go: each page leaves text in the heap for seconds, and the heap is small. When it is full the
// process dies, as Node does, and its keeper starts it again on the same port, as systemd would.
import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { HELD_MS, LEAK_BYTES, LEAK_HEAP_MIB } from './models.ts'

/** The keeper: it takes a free port, prints it, and starts the site on it again and again. */
export function startLeaking(page: (response: ServerResponse) => void): void {
  const port = process.argv[3]
  if (port !== undefined) return serve(Number(port), page)
  const probe = createSocketServer().listen(0, '127.0.0.1', () => {
    const { port: free } = probe.address() as AddressInfo
    probe.close(() => keep(free))
  })
}

function keep(port: number): void {
  let told = false
  let child: ChildProcess | undefined
  const start = (): void => {
    const file = fileURLToPath(new URL('./origin.ts', import.meta.url))
    const heap = `--max-old-space-size=${LEAK_HEAP_MIB}`
    child = spawn(process.execPath, [heap, file, 'memory leak', String(port)], { stdio: ['pipe', 'pipe', 'ignore'] })
    child.stdout!.once('data', () => {
      if (!told) process.stdout.write(`${port}\n`)
      told = true
    })
    child.once('exit', start)
  }
  process.once('exit', () => child?.kill('SIGKILL'))
  start()
}

function serve(port: number, page: (response: ServerResponse) => void): void {
  const held = new Set<string[]>()
  const server = createServer((_request, response) => {
    // Strings of the heap, not buffers beside it: they are what its limit counts.
    const left = Array.from(
      { length: LEAK_BYTES / 4096 },
      (_, i) => 'x'.repeat(4000) + String.fromCharCode(65 + (i % 26)),
    )
    for (const text of left) text.charCodeAt(4000) // written out, not a rope of promises
    held.add(left)
    setTimeout(() => held.delete(left), HELD_MS)
    page(response)
  })
  server.listen(port, '127.0.0.1', () => process.stdout.write(`${port}\n`))
}
