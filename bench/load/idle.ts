// Connections that ask for one page and then stay: the visitors who have got theirs and read it.

import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { once } from 'node:events'
import { BROWSER_FIELDS } from '../browser.ts'

/** How many are opened at once, well below any server's backlog of 128 or more. */
const BATCH = 100
/** How long one may take for its page. */
const ANSWER_MS = 10_000
/** A client address has 28,000 ports towards one server, some of them still taken from before; so there are several. */
const ADDRESSES = 4

/** Connections held open. */
export interface Held {
  /** Those that got their page and are still open. */
  open(): number
  close(): void
}

/** Opens `count` connections to 127.0.0.1:port. Throws when one does not get its page with 200. */
export async function hold(count: number, port: number, path: string, bodyBytes: number): Promise<Held> {
  const sockets: Socket[] = []
  const close = (): void => sockets.forEach(socket => socket.destroy())
  try {
    for (let from = 0; from < count; from += BATCH) {
      const numbers = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => from + index)
      sockets.push(...(await Promise.all(numbers.map(number => visit(number, port, path, bodyBytes)))))
    }
  } catch (error) {
    close()
    throw error
  }
  return { open: () => sockets.filter(socket => socket.readyState === 'open').length, close }
}

async function visit(number: number, port: number, path: string, bodyBytes: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: `127.0.0.${2 + (number % ADDRESSES)}` })
  // Its end after the page is seen in open().
  socket.on('error', () => {}).setTimeout(ANSWER_MS, () => socket.destroy())
  await once(socket, 'connect')
  socket.write(`GET ${path} HTTP/1.1\r\n${BROWSER_FIELDS}`)
  let answer = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    answer += (chunk as Buffer).toString('latin1')
    const end = answer.indexOf('\r\n\r\n')
    if (end > 0 && answer.length >= end + 4 + bodyBytes) break
  }
  if (!answer.startsWith('HTTP/1.1 200 ')) throw new Error(`idle connection ${number} got ${answer.slice(0, 40)}`)
  socket.setTimeout(0)
  socket.resume()
  return socket
}
