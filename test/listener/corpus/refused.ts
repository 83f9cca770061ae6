// Requests that must be refused, each with the status it gets: malformed, ambiguous, or over a bound. The rooms must never
// see any of them.

export interface Story {
  name: string
  /** Latin1: one character a byte. */
  bytes: string
  status: number
}

const get = (fields: string, target = '/'): string => `GET ${target} HTTP/1.1\r\n${fields}\r\n`
const post = (fields: string, body = ''): string => `POST / HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n${body}`
const chunked = (body: string): string => post('Transfer-Encoding: chunked\r\n', body)
const HOST = 'Host: a.test\r\n'
const LAST = '0\r\n\r\n'
const coded = (line: string): string => post(line, LAST)

const stories = (status: number, of: Record<string, string>): Story[] =>
  Object.entries(of).map(([name, bytes]) => ({ name, bytes, status }))

/** Where a line ends, and what may stand in it (RFC 9112 sections 2.2 and 5). */
export const lines = stories(400, {
  'every line ends with a bare LF': 'GET / HTTP/1.1\nHost: a.test\n\n',
  'one field line ends with a bare LF': get('Host: a.test\nX: 1\r\n'),
  'the empty line is a bare LF': 'GET / HTTP/1.1\r\nHost: a.test\r\n\n',
  'lines end with a bare CR': 'GET / HTTP/1.1\rHost: a.test\r\r',
  'a bare CR stands within a value': get(`${HOST}X: a\rb\r\n`),
  'a bare CR stands before the line break': get(`${HOST}X: a\r\r\n`),
  'a bare CR hides a second field': get(`${HOST}X: a\rTransfer-Encoding: chunked\r\n`),
  'a value is folded with a space': get(`${HOST}X: a\r\n b\r\n`),
  'a value is folded with a tab': get(`${HOST}X: a\r\n\tb\r\n`),
  'the first field line begins with a space': get(` ${HOST}`),
  'the transfer coding stands on a folded line': post('Transfer-Encoding:\r\n chunked\r\n', LAST),
  'the length stands on a folded line': post('Content-Length:\r\n 3\r\n', 'abc'),
  'a space stands before the colon': get('Host : a.test\r\n'),
  'a tab stands before the colon': get(`${HOST}X\t: 1\r\n`),
  'a space stands before the colon of the length': post('Content-Length : 3\r\n', 'abc'),
  'a space stands before the colon of the transfer coding': coded('Transfer-Encoding : chunked\r\n'),
  'a field has no name': get(`${HOST}: 1\r\n`),
  'a field line has no colon': get(`${HOST}abc\r\n`),
  'a name holds a NUL': get(`${HOST}X\0Y: 1\r\n`),
  'a name holds a parenthesis': get(`${HOST}X(Y): 1\r\n`),
  'a name holds a byte beyond ASCII': get(`${HOST}X\xe9: 1\r\n`),
  'a value holds a NUL': get(`${HOST}X: a\0b\r\n`),
  'a value holds a control byte': get(`${HOST}X: a\x01b\r\n`),
  'a value holds a vertical tab': get(`${HOST}X: a\x0bb\r\n`),
  'a value holds a form feed': get(`${HOST}X: a\x0cb\r\n`),
  'a value holds an escape': get(`${HOST}X: a\x1bb\r\n`),
  'a value holds DEL': get(`${HOST}X: a\x7fb\r\n`),
  'a TLS handshake comes without TLS': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'an SSH client calls at the wrong port': 'SSH-2.0-OpenSSH_9.2\r\n',
})

/** The request line (RFC 9112 section 3). */
export const requestLines = [
  ...stories(400, {
    'the method is in small letters': `get / HTTP/1.1\r\n${HOST}\r\n`,
    'nobody has registered the method': `FETCH / HTTP/1.1\r\n${HOST}\r\n`,
    'a space stands before the method': ` GET / HTTP/1.1\r\n${HOST}\r\n`,
    'a tab separates method and target': `GET\t/ HTTP/1.1\r\n${HOST}\r\n`,
    'a space stands within the target': get(HOST, '/a b'),
    'a tab stands within the target': get(HOST, '/a\tb'),
    'a space stands after the version': `GET / HTTP/1.1 \r\n${HOST}\r\n`,
    'the version is in small letters': `GET / http/1.1\r\n${HOST}\r\n`,
    'the version has two digits after the dot': `GET / HTTP/1.10\r\n${HOST}\r\n`,
    'the version has two digits before the dot': `GET / HTTP/01.1\r\n${HOST}\r\n`,
    'the version has no dot': `GET / HTTP/1\r\n${HOST}\r\n`,
    'the target holds a NUL': get(HOST, '/\0'),
    'the target holds DEL': get(HOST, '/\x7f'),
    'the target holds a control byte': get(HOST, '/\x01'),
    'the target holds a form feed': get(HOST, '/a\x0cb'),
    'the target holds a byte beyond ASCII': get(HOST, '/\xe9'),
    'the target holds bytes of UTF-8': get(HOST, '/?q=\xc3\xa9'),
    'the target holds a fragment': get(HOST, '/a#b'),
    'the target begins without a slash': get(HOST, 'a'),
    'the target is only a query': get(HOST, '?a=b'),
    'an asterisk is asked for with GET': get(HOST, '*'),
    'an asterisk has more behind it': `OPTIONS *x HTTP/1.1\r\n${HOST}\r\n`,
    'authority-form comes without CONNECT': get(HOST, 'a.test:80'),
    'absolute-form names another host than Host': get(HOST, 'http://b.test/'),
    'absolute-form names another port than Host': get(HOST, 'http://a.test:81/'),
    'absolute-form comes without Host in HTTP/1.1': get('', 'http://a.test/'),
    'absolute-form holds user information': get(HOST, 'http://user@a.test/'),
    'absolute-form hides the host in user information': get(HOST, 'http://a.test@b.test/'),
    'absolute-form has no authority': get(HOST, 'http:///a'),
    'absolute-form has another scheme': get(HOST, 'ftp://a.test/'),
    'absolute-form has a scheme for files': get(HOST, 'file:///etc/passwd'),
  }),
  ...stories(505, {
    'HTTP/0.9, a line without version': 'GET /\r\n\r\n',
    'HTTP/0.9 by name': `GET / HTTP/0.9\r\n${HOST}\r\n`,
    'HTTP/1.2': `GET / HTTP/1.2\r\n${HOST}\r\n`,
    'HTTP/2.0 in the form of HTTP/1': `GET / HTTP/2.0\r\n${HOST}\r\n`,
    'HTTP/3.0': `GET / HTTP/3.0\r\n${HOST}\r\n`,
    'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  }),
  ...stories(405, {
    'a tunnel by CONNECT': 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n',
    'a tunnel by CONNECT with a path': `CONNECT / HTTP/1.1\r\n${HOST}\r\n`,
    'TRACE, which shows scripts what they may not see': `TRACE / HTTP/1.1\r\n${HOST}\r\n`,
  }),
]

/** Host (RFC 9112 section 3.2). */
export const hosts = stories(400, {
  'no Host': get(''),
  'no Host in HTTP/1.0 either, since nothing tells the site': 'GET / HTTP/1.0\r\n\r\n',
  'an empty Host': get('Host:\r\n'),
  'two Hosts': get('Host: a.test\r\nHost: b.test\r\n'),
  'two equal Hosts': get('Host: a.test\r\nHost: a.test\r\n'),
  'two Hosts in different spellings': get('Host: a.test\r\nhOST: b.test\r\n'),
  'two Hosts in one line': get('Host: a.test, b.test\r\n'),
  'a Host with a path': get('Host: a.test/b\r\n'),
  'a Host with user information': get('Host: user@a.test\r\n'),
  'a Host with a space': get('Host: a .test\r\n'),
  'a Host with a port that is no number': get('Host: a.test:http\r\n'),
  'a Host with a port beyond 65535': get('Host: a.test:65536\r\n'),
  'a Host with a broken IPv6 address': get('Host: [::1\r\n'),
  'a Host with a byte beyond ASCII': get('Host: \xe4.test\r\n'),
  'a Host with a quote, for pages that print it': get('Host: a.test"><script>\r\n'),
  'a Host beside its twin with an underscore is no second Host, but a disguised length is refused':
    'POST / HTTP/1.1\r\nHost: a.test\r\nContent_Length: 3\r\n\r\n',
  'a disguised transfer coding': get(`${HOST}Transfer_Encoding: chunked\r\n`),
})

/** Lengths and codings: where the next request begins (RFC 9112 section 6). */
export const framing = stories(400, {
  'two lengths that differ': post('Content-Length: 3\r\nContent-Length: 5\r\n', 'abcde'),
  'two lengths that agree': post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'),
  'two lengths in one line': post('Content-Length: 3, 3\r\n', 'abc'),
  'a length with a plus sign': post('Content-Length: +3\r\n', 'abc'),
  'a negative length': post('Content-Length: -3\r\n', 'abc'),
  'a length in hexadecimal': post('Content-Length: 0x3\r\n', 'abc'),
  'a length with a space within': post('Content-Length: 1 3\r\n', 'abc'),
  'a length with a fraction': post('Content-Length: 3.0\r\n', 'abc'),
  'a length in quotes': post('Content-Length: "3"\r\n', 'abc'),
  'an empty length': post('Content-Length:\r\n', 'abc'),
  'a length beyond 64 bits': post('Content-Length: 18446744073709551619\r\n', 'abc'),
  'a length that no double holds': post('Content-Length: 9007199254740993\r\n', 'abc'),
  'CL.TE: a length, then a coding': post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', LAST),
  'TE.CL: a coding, then a length': post('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', LAST),
  'TE.CL with a length of zero': post('Transfer-Encoding: chunked\r\nContent-Length: 0\r\n', LAST),
  'TE.TE: two codings that agree': coded('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'),
  'TE.TE: the second one is unknown': coded('Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n'),
  'TE.TE: the first one is unknown': coded('Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n'),
  'chunked twice in one line': coded('Transfer-Encoding: chunked, chunked\r\n'),
  'chunked after gzip, which nobody here undoes': coded('Transfer-Encoding: gzip, chunked\r\n'),
  'chunked before identity': coded('Transfer-Encoding: chunked, identity\r\n'),
  identity: coded('Transfer-Encoding: identity\r\n'),
  'an unknown coding that ends in chunked': coded('Transfer-Encoding: xchunked\r\n'),
  'an unknown coding that begins with chunked': coded('Transfer-Encoding: chunkedx\r\n'),
  'chunked with a parameter': coded('Transfer-Encoding: chunked;q=1\r\n'),
  'chunked in quotes': coded('Transfer-Encoding: "chunked"\r\n'),
  'chunked in brackets': coded('Transfer-Encoding: [chunked]\r\n'),
  'chunked after an empty member': coded('Transfer-Encoding: ,chunked\r\n'),
  'chunked before an empty member': coded('Transfer-Encoding: chunked,\r\n'),
  'chunked after a vertical tab': coded('Transfer-Encoding: \x0bchunked\r\n'),
  'chunked after a form feed': coded('Transfer-Encoding: \x0cchunked\r\n'),
  'chunked after a NUL': coded('Transfer-Encoding: \0chunked\r\n'),
  'chunked after a space that is none in ASCII': coded('Transfer-Encoding: \xa0chunked\r\n'),
  'chunked with a bare CR before it': coded('Transfer-Encoding: \rchunked\r\n'),
  'chunked on a line of its own': coded('Transfer-Encoding\r\n: chunked\r\n'),
  'an empty coding': coded('Transfer-Encoding:\r\n'),
  'a coding in HTTP/1.0': 'POST / HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a coding in HTTP/1.0 that wants to stay':
    'POST / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
})

/** The chunks themselves (RFC 9112 section 7.1). */
export const chunks = stories(400, {
  'a chunk size with a sign': chunked(`-3\r\nabc\r\n${LAST}`),
  'a chunk size with a prefix': chunked(`0x3\r\nabc\r\n${LAST}`),
  'a chunk size with a space behind it': chunked(`3 \r\nabc\r\n${LAST}`),
  'a chunk size with a space before it': chunked(` 3\r\nabc\r\n${LAST}`),
  'a chunk size with an underscore': chunked(`3_\r\nabc\r\n${LAST}`),
  'no chunk size': chunked(`\r\nabc\r\n${LAST}`),
  'a chunk size beyond 64 bits': chunked(`10000000000000003\r\nabc\r\n${LAST}`),
  'a chunk size line that ends with a bare LF': chunked(`3\nabc\r\n${LAST}`),
  'chunk data that ends with a bare LF': chunked(`3\r\nabc\n${LAST}`),
  'a last chunk that ends with a bare LF': chunked('3\r\nabc\r\n0\n\r\n'),
  'an end of the trailers that is a bare LF': chunked('3\r\nabc\r\n0\r\n\n'),
  'a chunk longer than its size': chunked(`3\r\nabcd\r\n${LAST}`),
  'a chunk shorter than its size': chunked(`4\r\nabc\r\n${LAST}`),
  'an extension that ends with a bare LF, to end the line for one reader only': chunked(`3;a\nabc\r\n${LAST}`),
  'an extension with a bare CR': chunked(`3;a\rb\r\nabc\r\n${LAST}`),
  'an extension with a NUL': chunked(`3;a\0\r\nabc\r\n${LAST}`),
  'an extension of 20 KiB': chunked(`3;${'a'.repeat(20_480)}\r\nabc\r\n${LAST}`),
  'a length in the trailers': chunked('0\r\nContent-Length: 5\r\n\r\n'),
  'a folded trailer': chunked('0\r\nX: 1\r\n 2\r\n\r\n'),
  'a trailer with a space before the colon': chunked('0\r\nX : 1\r\n\r\n'),
  'a trailer with a control byte': chunked('0\r\nX: \x01\r\n\r\n'),
})

/** Bounds. The harness allows 2,048 bytes of target, 8,192 of head, 50 lines, 1 MiB of body. */
export const bounds = [
  ...stories(414, {
    'a target one byte too long': get(HOST, `/${'a'.repeat(2048)}`),
    'a target of 64,000 bytes': get(HOST, `/${'a'.repeat(64_000)}`),
  }),
  ...stories(431, {
    'a value of 8,192 bytes': get(`${HOST}X: ${'a'.repeat(8192)}\r\n`),
    'a value of 60,000 bytes': get(`${HOST}X: ${'a'.repeat(60_000)}\r\n`),
    '51 field lines': get(HOST + 'X: 1\r\n'.repeat(50)),
    '5,000 field lines': get(HOST + 'X: 1\r\n'.repeat(5000)),
  }),
  ...stories(413, {
    'a length one byte too long': post('Content-Length: 1048577\r\n', 'abc'),
    'a length of many terabytes': post('Content-Length: 99999999999999\r\n', 'abc'),
  }),
  ...stories(417, {
    'an unknown expectation': post('Expect: 200-ok\r\nContent-Length: 3\r\n', 'abc'),
    'a second expectation beside 100-continue': post('Expect: 100-continue, x\r\nContent-Length: 3\r\n', 'abc'),
    'a second line of Expect': post('Expect: 100-continue\r\nExpect: x\r\nContent-Length: 3\r\n', 'abc'),
  }),
]
