// Requests that look odd and are right: each gets the stored page, whichever lane answers, and the connection goes on.

export interface Accepted {
  name: string
  /** Latin1: one character a byte. */
  bytes: string
}

const HOST = 'Host: a.test\r\n'
const get = (fields: string, target = '/page', version = '1.1'): string =>
  `GET ${target} HTTP/${version}\r\n${fields}\r\n`

const of: Record<string, string> = {
  'a head of two lines': get(HOST),
  'a Host in capitals': get('HOST: A.TEST\r\n'),
  'a Host with a colon and no port': get('Host: a.test:\r\n'),
  'a Host behind tabs and spaces': get('Host: \t a.test \t\r\n'),
  'a Host without a space before it': get('Host:a.test\r\n'),
  'a Host behind other lines': get(`Accept: */*\r\nX: 1\r\n${HOST}`),
  'an empty line before the request': `\r\n${get(HOST)}`,
  'absolute-form that agrees with Host': get(HOST, 'http://a.test/page'),
  'absolute-form in capitals': get(HOST, 'HTTP://A.TEST/page'),
  'HTTP/1.0 that wants to stay': get(`${HOST}Connection: keep-alive\r\n`, '/page', '1.0'),
  'a body of no bytes': get(`${HOST}Content-Length: 0\r\n`),
  'an empty value': get(`${HOST}X:\r\n`),
  'a value with bytes beyond ASCII': get(`${HOST}X: caf\xc3\xa9\r\n`),
  'a value with a tab in it': get(`${HOST}X: a\tb\r\n`),
  'a name with every mark that may stand in one': get(`${HOST}X!#$%&'*+-.^_\`|~: 1\r\n`),
  'an expectation in HTTP/1.0, where there is none': get(
    `${HOST}Expect: x\r\nConnection: keep-alive\r\n`,
    '/page',
    '1.0',
  ),
  'an upgrade that nobody offers': get(`${HOST}Upgrade: h2c\r\nConnection: keep-alive\r\n`),
  'connection options in a list': get(`${HOST}Connection: keep-alive, x-mine\r\nX-Mine: 1\r\n`),
  'an empty list of connection options': get(`${HOST}Connection:\r\n`),
  'keep-alive said three times': get(
    `${HOST}Connection: Keep-Alive\r\nKeep-Alive: 300\r\nProxy-Connection: keep-alive\r\n`,
  ),
  'a preference for trailers': get(`${HOST}TE: trailers\r\n`),
  'fields that only we may send': get(`${HOST}Breakwater-Age: 1\r\nBreakwater_Age: 1\r\n`),
  'a name that is nearly a length': get(`${HOST}Content-Lengt: 5\r\nContent-Lengths: 5\r\nX-Content-Length: 5\r\n`),
  'a name that is nearly a coding': get(`${HOST}Transfer-Encodin: chunked\r\nXTransfer-Encoding: chunked\r\n`),
}

export const accepted: Accepted[] = Object.entries(of).map(([name, bytes]) => ({ name, bytes }))
