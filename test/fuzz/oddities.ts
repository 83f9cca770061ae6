// What makes a request odd: the known tricks with lengths, codings, hosts, white space and line ends, alone and combined.

import { below } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'
import { oneIn, pick } from './requests.ts'
import type { Request } from './requests.ts'

type Oddity = (random: Random, request: Request) => void

/** Puts a line at a random place. */
const line =
  (...lines: string[]): Oddity =>
  (random, request) =>
    void request.lines.splice(below(random, request.lines.length + 1), 0, pick(random, lines))

const field =
  (test: RegExp, change: (text: string, random: Random) => string): Oddity =>
  (random, request) => {
    request.lines = request.lines.map(each => (test.test(each) ? change(each, random) : each))
  }

const swapCase = (text: string): string =>
  text.replace(/^[^:]*/, name => Array.from(name, (c, i) => (i % 2 === 0 ? c.toUpperCase() : c.toLowerCase())).join(''))

const hosts: Oddity[] = [
  line('Host: a.test', 'Host: b.test', 'Host:', 'host: a.test', 'HOST: A.TEST', 'Host : a.test', 'Host\t: a.test'),
  line('X-Forwarded-Host: b.test', 'Host_: b.test', 'ho st: a.test', 'Host;: a.test', 'Host\0: b.test'),
  field(/^host/i, (_, random) =>
    pick(random, [
      ...['Host:a.test', 'Host: \t a.test \t', 'Host: A.Test', 'Host: a.test:80', 'Host: a.test:', 'Host: a.test.'],
      ...[
        'Host: b.test',
        'Host: a.test,a.test',
        'Host: a.test/x',
        'Host: x@a.test',
        'Host: [::1]',
        'Host: [::1',
        'Host: ',
      ],
      ...[
        'Host: a.test:99999',
        'Host: a.test:x',
        'Host: a test',
        'Host: \xe4.test',
        'Host: a.test\0',
        'Host: %61.test',
      ],
    ]),
  ),
  (_, request) => void (request.lines = request.lines.filter(each => !/^host/i.test(each))),
]

const lengths: Oddity[] = [
  line(
    ...['Content-Length: 0', 'Content-Length: 3', 'Content-Length: 5', 'Content-Length: +3', 'Content-Length: -1'],
    ...['Content-Length: 3, 3', 'Content-Length: 0x3', 'Content-Length: 3 ', 'Content-Length:', 'Content-Length : 3'],
    ...['Content-Length: 1 3', 'Content-Length: 99999999999999999999', 'Content-Length: 03', 'Content_Length: 3'],
    ...['Content-Length\0: 3', 'Content-Length: 3\0', 'X: x\rContent-Length: 3', 'Content-Length: \x0b3'],
  ),
  line(
    ...[
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: Chunked',
      'Transfer-Encoding: xchunked',
      'Transfer-Encoding:',
    ],
    ...[
      'Transfer-Encoding : chunked',
      'Transfer-Encoding: chunked, identity',
      'Transfer-Encoding: identity',
      'TE: chunked',
    ],
    ...[
      'Transfer-Encoding: "chunked"',
      'Transfer-Encoding: gzip, chunked',
      'Transfer-Encoding: chunked;x',
      ' Transfer-Encoding: chunked',
    ],
    ...[
      'Transfer_Encoding: chunked',
      'Transfer-Encoding:\x0bchunked',
      'Transfer-Encoding:\r\n chunked',
      'X: x\nTransfer-Encoding: chunked',
    ],
    ...[
      'Transfer-Encoding\r\n: chunked',
      'transfer-encoding:chunked',
      'Transfer-Encoding: ,chunked',
      'Transfer-Encoding: chunked\r',
    ],
  ),
  (random, request) =>
    void (request.body += pick(random, ['0\r\n\r\n', '3\r\nabc\r\n0\r\n\r\n', '0\r\n', 'abc', '5\r\nabc'])),
  (random, request) =>
    void (request.body = request.body.replace(
      /\d\r\n/,
      pick(random, [
        '3\n',
        '3 \r\n',
        '0x3\r\n',
        '+3\r\n',
        '3;\r\n',
        '3;a\rb\r\n',
        '\r\n',
        '3\r\r\n',
        'fffffffffffffffff\r\n',
        '3;a="\n"\r\n',
      ]),
    )),
]

const spaces: Oddity[] = [
  line(
    ' folded: line',
    '\tfolded',
    'X: a\r\n b',
    'X: a\n b',
    'X-No-Colon',
    ': no name',
    'X : y',
    'X\t: y',
    'X:y',
    'X:',
    'X: \t ',
  ),
  line(
    'X: a\rb',
    'X: a\nb',
    'X: a\0b',
    'X: \x01',
    'X: \x7f',
    'X: \xc3\xa9',
    'X\xc3: y',
    'X(: y',
    'X: \x0b',
    '',
    '\r',
    'X: "a\\"b',
  ),
  (random, request) => void (request.eol = pick(random, ['\n', '\r', '\r\r\n', '\n\r', ' \r\n', '\r\n\0'])),
  (random, request) =>
    void (request.version = pick(random, ['HTTP/1.1 ', ' HTTP/1.1', 'HTTP/1.1\t', 'HTTP/1.1\r', ''])),
  (random, request) =>
    void (request.method = pick(random, [' GET', '\r\nGET', '\nGET', '\tGET', 'GET ', '\0GET', '\r\n\r\nGET'])),
]

const requestLine: Oddity[] = [
  (random, request) =>
    void (request.version = pick(random, [
      'HTTP/1.0',
      'HTTP/1.0',
      'HTTP/0.9',
      'HTTP/1.2',
      'HTTP/2.0',
      'http/1.1',
      'HTTP/1.10',
      'HTTP/11',
      'HTP/1.1',
    ])),
  (random, request) =>
    void (request.method = pick(random, [
      'get',
      'Get',
      'GETT',
      'HEADS',
      'GE',
      'PRI',
      'CONNECT',
      'TRACE',
      'FETCH',
      'QUERY',
      'OPTIONS',
      'POST',
      'H',
      'G',
    ])),
  (random, request) =>
    void (request.target = pick(random, [
      ...[
        '*',
        'a.test:80',
        'page',
        '?q',
        'http://a.test/page',
        'http://b.test/page',
        'HTTP://A.TEST/page',
        'http://a.test',
      ],
      ...[
        'http://x@a.test/page',
        'https://a.test/page',
        'ftp://a.test/',
        '//a.test/page',
        '/page#x',
        '/pa ge',
        '/page\0',
        '/\xe9',
      ],
      ...[
        '/page\t',
        '/a\\b',
        '/a"b',
        '/<x>',
        '/a|b',
        '/%zz',
        '/%',
        '/..;/page',
        '/a/../page',
        '/page%00',
        '/page?\x01',
        '/{}',
        '/^',
      ],
    ])),
]

const rest: Oddity[] = [
  line(
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Connection: upgrade, keep-alive',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABk',
  ),
  line('Expect: 100-continue', 'Expect: 200-ok', 'expect: 100-Continue', 'Trailer: X', 'TE: trailers, deflate;q=0.5'),
  line(
    'Connection: close',
    'Connection: close, x',
    'Connection: Close',
    'Connection: keep-alive, Host',
    'Connection:',
    'Connection: ,',
    'Connection: \t close',
  ),
  line(
    'Connection: content-length',
    'Keep-Alive: timeout=5',
    'Proxy-Connection: close',
    'Breakwater-X: 1',
    'Breakwater_X: 1',
    'X-HTTP-Method-Override: PUT',
  ),
  field(/./, swapCase),
  field(/./, text => text.replace(': ', ':')),
  field(/./, text => text.replace(': ', ': \t ') + ' '),
  (random, request) => void request.lines.push(`X-Long: ${'x'.repeat(pick(random, [1000, 4000, 8000, 20_000]))}`),
  (random, request) => void (request.target += `?${'q'.repeat(pick(random, [500, 1900, 2100, 5000]))}`),
  (random, request) =>
    void request.lines.push(...Array.from({ length: pick(random, [30, 60, 130]) }, (_, i) => `X-${i}: ${i}`)),
  (_, request) => void request.lines.reverse(),
]

const GROUPS = [hosts, lengths, lengths, spaces, requestLine, rest]

/** Makes the request odd in one way or a few. */
export function makeOdd(random: Random, request: Request): void {
  do pick(random, pick(random, GROUPS))(random, request)
  while (oneIn(random, 3))
}
