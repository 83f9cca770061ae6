// The hot page that generators are measured against: answered on the bare socket, so that the server is never what is waited
// for. It counts what it is asked and prints the count for each line it reads.
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

const BODY = `<!doctype html><title>page</title><p>${'a page of a kilobyte '.repeat(47)}</p>\n`
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: max-age=60\r\nContent-Length: ${Buffer.byteLength(BODY)}\r\n\r\n${BODY}`,
)
const END = Buffer.from('\r\n\r\n')

let asked = 0

const server = createServer({ noDelay: true }, socket => {
  socket.on('error', () => {})
  socket.on('data', (bytes: Buffer) => {
    // Heads come whole but for a generator that writes them in pieces, and then the last piece has the end.
    for (let at = bytes.indexOf(END); at >= 0; at = bytes.indexOf(END, at + END.length)) {
      asked++
      socket.write(ANSWER)
    }
  })
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
process.stdin.on('data', () => process.stdout.write(`${asked}\n`)).on('end', () => process.exit())
