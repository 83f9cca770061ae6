// The bounds for what visitors may send and hold, each with its arithmetic or its source.

import { group, option, optional } from '../shape.ts'
import { bitRate, duration, size } from '../kinds/unit.ts'
import { count } from '../kinds/scalar.ts'
import { perMode } from '../kinds/per-mode.ts'

export const limits = group('What visitors may send and hold, so that none of them can exhaust the machine.', {
  // 10,000 idle connections are the bench's case; each holds a few KiB here and in the kernel.
  connections: option(count(1, 1_000_000), {
    default: 20_000,
    prose:
      'Connections of visitors at most, over all edges. One more is closed at once. The open files that the system allows bound them too.',
    example: '50000',
  }),
  connectionsPerAddress: optional(count(1, 1_000_000), {
    prose:
      'Connections of one address at most (of IPv6 the first 64 bits), over all edges; one more is closed at once. Trusted proxies and `clients.allow` may have as many as there are. Leave room for those who share an address: a browser opens six.',
    example: '200',
  }),
  // 1,000 of the 20,000 above: those of chats and feeds are long-lived, so they get a bound of their own.
  streams: option(count(0, 1_000_000), {
    default: 1000,
    prose:
      'Upgraded connections (WebSocket) and event streams at most, over all edges. They do not count as in flight at the origin.',
    example: '5000',
  }),
  line: optional(bitRate('100 kbit/s', '1000 Gbit/s'), {
    prose:
      'What the line to visitors bears. Nothing is held back for it: what is sent is shown against it, and an alert says when nine tenths are used.',
    example: '1 Gbit/s',
  }),
  // RFC 9112 section 3: support for request lines of 8,000 octets is recommended.
  targetBytes: option(size('256 B', '64 KiB'), {
    default: '8 KiB',
    prose: 'The longest request target; a longer one is answered 414.',
    example: '4 KiB',
  }),
  headerBytes: option(size('1 KiB', '256 KiB'), {
    default: '32 KiB',
    prose: 'The largest request header section, request line included; a larger one is answered 431.',
    example: '16 KiB',
  }),
  headerCount: option(count(10, 2000), {
    default: 100,
    prose: 'Header lines of a request at most; more are answered 431.',
    example: '50',
  }),
  headTimeout: option(duration('100ms', '10 min'), {
    default: '10s',
    prose: "How long a request's header section may take from its first byte; then 408.",
    example: '5s',
  }),
  idleTimeout: option(perMode(duration('100ms', '1h')), {
    default: { normal: '60s', spike: '15s' },
    prose:
      'How long a connection is kept open between two requests; with several sites, in the mode furthest from `normal` that one of them is in. When more than three quarters of `connections` are open it becomes shorter, down to a tenth.',
    example: '{ normal: 60s, spike: 5s }',
  }),
  bodyTimeout: option(duration('100ms', '1h'), {
    default: '30s',
    prose: 'The longest silence within a request body; then 408.',
    example: '10s',
  }),
  sendTimeout: option(duration('100ms', '1h'), {
    default: '60s',
    prose: 'How long a visitor may take no byte of a response that waits to be sent; then the connection is closed.',
    example: '20s',
  }),
  // A phone on the edge of a 2G network gets some 1,000 bytes a second; nobody reads a page at less than a fifth of that.
  leastRate: option(size('0 B', '1 MiB'), {
    default: '200 B',
    prose:
      'Bytes a second that a visitor has to send of a body, or take of a response, over `bodyTimeout` and `sendTimeout`: each so many bytes buy a second. 0 B lets any byte begin these times anew, as one that trickles would like.',
    example: '1 KiB',
  }),
  requestBody: option(size('0 B', '1 TiB'), {
    default: '1 GiB',
    prose: 'The largest request body; a larger one is answered 413.',
    example: '10 MiB',
  }),
  // 64 KiB hold all but uploads; at 512 waiting requests that is 32 MiB.
  requestBodyMemory: option(size('0 B', '64 MiB'), {
    default: '64 KiB',
    prose: 'How much of a request body is kept in memory before the rest goes to a file in the data directory.',
    example: '1 MiB',
  }),
  spool: option(size('0 B', '1 TiB'), {
    default: '2 GiB',
    prose: 'Disk that request bodies may take in the data directory, all together. Beyond it uploads are answered 503.',
    example: '20 GiB',
  }),
})
