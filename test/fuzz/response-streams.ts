// What one origin server answers on one connection: interim responses, a head, a body in one of its framings, some lines
// odd, some bytes changed, cut into pieces. Everything follows from the seed and the number of the stream.

import { below, seeded } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'
import { oneIn, pick } from './requests.ts'
import { cut, mutate } from './streams.ts'
import type { Stream } from './streams.ts'

export interface ResponseStream extends Stream {
  /** Of the request. */
  method: 'GET' | 'HEAD'
}

const STATUSES = [
  '200 OK',
  '200 OK',
  '200 OK',
  '404 Not Found',
  '204 No Content',
  '304 Not Modified',
  '500 ',
  '200',
  '299 a\tb\xe4',
]
const LINES = [
  ...[
    'Content-Type: text/html',
    'Server: x',
    'X-Empty:',
    'X-Space: \t a b \t',
    'Set-Cookie: a=1',
    'Set-Cookie: b=2',
    'ETag: "1"',
  ],
  ...[
    'Connection: keep-alive',
    'Connection: close',
    'Keep-Alive: timeout=5',
    'X-Bytes: \x80\xff',
    'A: b',
    "!#$%&'*+-.^_`|~: token",
  ],
]
const ODD_LINES = [
  ...[
    'Content-Length: 3',
    'content-length: 5',
    'Content-Length: +3',
    'Content-Length: 3, 3',
    'Content-Length:',
    'Content-Length: 3 ',
  ],
  ...[
    'Content-Length : 3',
    'Content-Length: 0x3',
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    'Content-Length: 03',
  ],
  ...[
    'Transfer-Encoding: chunked',
    'transfer-encoding: CHUNKED',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: identity',
  ],
  ...[
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding : chunked',
    'Transfer-Encoding:',
    'Transfer-Encoding: xchunked',
  ],
  ...[
    ' folded',
    '\tfolded',
    'X: a\r\n folded',
    'No-Colon',
    ': no name',
    'Na me: x',
    'X: \x00',
    'X: a\x7f',
    'X\x80: a',
    'X: a\rb',
    'X: a\nY: b',
  ],
  ...['Upgrade: x', 'Connection: Upgrade', 'Trailer: X-Sum', 'Proxy-Connection: close', 'Connection: a, close ,b'],
]
const ODD_STATUS_LINES = [
  ...[
    'HTTP/1.0 200 OK',
    'HTTP/1.1 200',
    'HTTP/1.1  200 OK',
    'HTTP/2.0 200 OK',
    'HTTP/1.2 200 OK',
    'HTTP/0.9 200 OK',
    'http/1.1 200 OK',
  ],
  ...[
    'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1 099 OK',
    'HTTP/1.1 999 OK',
    'HTTP/1.1 200\tOK',
    'HTTP/1.1 200 O\x00K',
    '\r\nHTTP/1.1 200 OK',
  ],
  ...[
    'HTTP/1.1 101 Switching Protocols',
    'HTTP/1.1 100 Continue',
    'ICY 200 OK',
    'GET / HTTP/1.1',
    'HTTP/11 200 OK',
    'HTTP/1.1 2x0 OK',
  ],
]
const INTERIM = [
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n',
  'HTTP/1.1 102 Processing\r\n\r\n',
]
const EXTENSIONS = [
  '',
  '',
  '',
  '',
  ';a',
  ';a=b',
  ';a=',
  ';=a',
  ';a=b;c',
  ';a="b c"',
  ';a="b\\"c";d',
  ';a="b',
  ';a="b"c',
  '; a = b',
  ';',
  ' ',
  ';\x01',
  ';a\nb',
]
const ODD_SIZES = [
  '',
  ' 5',
  '5 ',
  '0x5',
  '-1',
  '+1',
  'g',
  '00005',
  'ffffffffffffffff',
  '1ffffffffffffffff',
  '5\n',
  'A',
  'a',
]
const TRAILERS = [
  '',
  '',
  '',
  'X-Sum: 9\r\n',
  'X-Sum: 9\r\nX-B:\r\n',
  'Content-Length: 3\r\n',
  'bad\r\n',
  'X: a\n',
  ' folded\r\n',
]

/** Stream number `n` of a seed. */
export function makeResponse(seed: number, n: number): ResponseStream {
  const random = seeded((seed ^ Math.imul(n, 0x9e3779b1)) >>> 0)
  let text = oneIn(random, 8) ? pick(random, INTERIM).repeat(1 + below(random, 2)) : ''
  text += message(random)
  if (oneIn(random, 3)) text = mutate(random, text)
  if (oneIn(random, 10)) text = text.slice(0, below(random, text.length + 1))
  const bytes = Buffer.from(text, 'latin1')
  return { bytes, cuts: cut(random, bytes.length), paced: false, method: oneIn(random, 12) ? 'HEAD' : 'GET' }
}

function message(random: Random): string {
  const status = oneIn(random, 8) ? pick(random, ODD_STATUS_LINES) : `HTTP/1.1 ${pick(random, STATUSES)}`
  const lines = Array.from({ length: below(random, 5) }, () => pick(random, LINES))
  const content = 'x'.repeat(below(random, oneIn(random, 10) ? 3000 : 12))
  const [framing, body] = framed(random, content)
  lines.splice(below(random, lines.length + 1), 0, ...framing)
  while (oneIn(random, 4)) lines.splice(below(random, lines.length + 1), 0, pick(random, ODD_LINES))
  return (
    [status, ...lines, '', ''].join('\r\n') +
    body +
    (oneIn(random, 15) ? pick(random, ['\r\n', 'x', 'HTTP/1.1 200 OK\r\n\r\n']) : '')
  )
}

/** The field lines of a framing, and the body in it. */
function framed(random: Random, content: string): [string[], string] {
  const how = below(random, 5)
  if (how === 0) return [[], content]
  if (how <= 2) return [[`Content-Length: ${oneIn(random, 10) ? below(random, 20) : content.length}`], content]
  let body = ''
  for (let at = 0; at < content.length;) {
    const size = 1 + below(random, content.length - at)
    const told = oneIn(random, 20) ? pick(random, ODD_SIZES) : size.toString(16)
    body += `${told}${pick(random, EXTENSIONS.slice(0, oneIn(random, 5) ? EXTENSIONS.length : 4))}\r\n${content.slice(at, at + size)}\r\n`
    at += size
  }
  return [['Transfer-Encoding: chunked'], `${body}0\r\n${pick(random, TRAILERS)}\r\n`]
}
