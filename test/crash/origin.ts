// The origin of the crash test, a process of its own that is killed too: it keeps what it was sent in a file, a line each,
// synced before it answers, and knows a form that it has already by its key, unless it is told to forget them.

import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'

const [port, file, word] = process.argv.slice(2) as [string, string, string?]
// A line that was cut off by the kill was never answered for.
const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
const known = new Set(lines.map(line => line.split(' ', 1)[0]))
const out = openSync(file, 'a')
if (existsSync(file) && !readFileSync(file, 'utf8').endsWith('\n')) writeSync(out, '\n')

const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8').on('data', (text: string) => (body += text))
  request.on('end', () => {
    const key = String(request.headers['idempotency-key'])
    if (body.includes('refuse=1')) response.statusCode = 422
    else if (word === 'forgets' || !known.has(key)) {
      known.add(key)
      writeSync(out, `${key} ${body}\n`)
      fsyncSync(out)
    }
    response.end()
  })
})
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'))
process.on('SIGTERM', () => {
  closeSync(out)
  process.exit(0)
})
