// The options for origin servers: which they are, and how they are spoken to.

import { isIP } from 'node:net'
import { finished, group, optional, option, required, shorthand } from '../shape.ts'
import { duration, percent } from '../kinds/unit.ts'
import { count, flag, text } from '../kinds/scalar.ts'
import { fileText } from '../kinds/secret.ts'
import { MOST_IN_FLIGHT, concurrency } from '../kinds/concurrency.ts'
import { requestPath } from '../kinds/http.ts'
import { hostToSend, originUrl } from '../kinds/network.ts'

/** One origin server of a site. */
export const originServer = shorthand(
  finished(
    group('An origin server. Its URL alone is enough.', {
      url: required(originUrl(), {
        prose: "Where it is: scheme, host and port. The path is the visitor's.",
        example: 'https://origin.example.net',
      }),
      host: optional(hostToSend(), {
        prose:
          "The Host sent to it. Without one, an origin with a name of its own gets that name, and its redirects to itself are rewritten to the visitor's host; an IP address or localhost gets the host the visitor asked for. `visitor` asks for the latter.",
        example: 'www.example.org',
        none: 'visitor',
      }),
      sni: optional(text('host name', 'a host name', /^[a-z0-9_.-]+$/i), {
        prose:
          'The server name asked for in TLS, and checked in its certificate. Without one, that of the Host sent when it is fixed, otherwise the name in the URL.',
        example: 'www.example.org',
      }),
      concurrency: optional(concurrency(), {
        prose:
          'Requests in flight to this origin: a number, `auto`, `gradient` or `aimd`. Without one, that of `origin.concurrency`.',
        example: '8',
      }),
    }),
    ({ url, host, sni, concurrency }) => {
      const send = host ?? (hasName(url.hostname) ? url.authority : 'visitor')
      const keepsVisitors = send === 'visitor'
      const name = keepsVisitors ? url.hostname : send.replace(/:\d+$/, '')
      return {
        url,
        /** The Host to send; null keeps the visitor's. */
        host: keepsVisitors ? null : send,
        /** The server name for TLS; null where there is none to ask for, as for an IP address. */
        sni: sni ?? (isIP(name.replace(/^\[|\]$/g, '')) === 0 ? name : null),
        concurrency,
      }
    },
  ),
  'url',
)

/** Whether the host is a name that could tell sites apart, as an address or this machine's own name could not. */
const hasName = (hostname: string): boolean =>
  isIP(hostname) === 0 && hostname !== 'localhost' && !hostname.endsWith('.localhost')

/** How all origin servers of a site are spoken to. */
export const origin = group("How the site's origin servers are spoken to.", {
  connectTimeout: option(duration('50ms', '60s'), {
    default: '3s',
    prose: 'How long connecting may take, TLS included, before another origin is tried or the visitor is told.',
    example: '1s',
  }),
  firstByteTimeout: option(duration('100ms', '1h'), {
    default: '30s',
    prose: 'How long the origin may think, from the end of the request to the head of its response.',
    example: '10s',
  }),
  idleTimeout: option(duration('100ms', '1h'), {
    default: '60s',
    prose: 'The longest silence within a response body. Upgraded connections and event streams are exempt.',
    example: '20s',
  }),
  concurrency: shorthand(
    group('How many requests each origin may work on at once. What comes beyond waits in the queue.', {
      limit: option(concurrency(), {
        default: 'auto',
        prose:
          'A number that holds, or how it is found out. `auto` (`gradient` by another name) tries a little more and a little less now and then, and goes where the origin completes more; `aimd` adds one while somebody waits and takes away three of ten when more than 5% fail. A response counts until the origin has ended it, not until the visitor has it.',
        example: '8',
      }),
      least: option(count(1, MOST_IN_FLIGHT), {
        default: 1,
        prose: 'The least that `auto` and `aimd` go down to.',
        example: '4',
      }),
      most: option(count(1, MOST_IN_FLIGHT), {
        default: 1000,
        prose: 'The most that `auto` and `aimd` go up to. With less than `least`, that holds.',
        example: '64',
      }),
    }),
    'limit',
  ),
  queue: group('Where requests wait for the origin.', {
    length: option(count(0, 100_000), {
      default: 512,
      prose: 'Requests of a class that may wait at once; one more is answered 503 with Retry-After. 0 lets none wait.',
      example: '1000',
    }),
    wait: option(duration('10ms', '5 min'), {
      default: '1s',
      prose:
        'How long one may wait before it is answered 503 with Retry-After. When somebody has waited for so long, the queue counts as overloaded until it is empty: then `overloaded` holds, and who came last goes first. While `auto` is still on its way up from the bottom, `patience` holds for all.',
      example: '2s',
    }),
    overloaded: option(duration('1ms', '5 min'), {
      default: '50ms',
      prose:
        'How long one may wait in a queue that is overloaded. Payments and admitted sessions keep their order and wait for `patience`.',
      example: '200ms',
    }),
    patience: option(duration('10ms', '5 min'), {
      default: '5s',
      prose:
        'How long those may wait who are promised something: admitted sessions, payments, and visitors whose page somebody else is fetching already. A longer `wait` holds for them too.',
      example: '10s',
    }),
  }),
  retries: group('Second attempts. Only safe requests whose body has not been sent are ever tried again.', {
    budget: option(percent('0%', '100%'), {
      default: '10%',
      prose:
        'Retries at most, as a share of the requests, so that a failing origin is not hit harder for failing. 0% turns them off.',
      example: '20%',
    }),
  }),
  health: group(
    'How it is found out whether an origin works. Real traffic is always watched; probes are sent only with a `path`.',
    {
      path: optional(requestPath(), {
        prose: 'What probes ask for. A status below 400 counts as healthy.',
        example: '/healthz',
      }),
      every: option(duration('100ms', '1h'), {
        default: '10s',
        prose: 'Time between two probes of one origin.',
        example: '5s',
      }),
      timeout: option(duration('50ms', '60s'), {
        default: '2s',
        prose: 'How long a probe may take in all.',
        example: '1s',
      }),
      unhealthyAfter: option(count(1, 100), {
        default: 3,
        prose: 'Failures in a row after which an origin gets no more traffic, as long as another one works.',
        example: '5',
      }),
      healthyAfter: option(count(1, 100), {
        default: 2,
        prose: 'Successes in a row after which it is used again.',
        example: '1',
      }),
    },
  ),
  slowStart: option(duration('0s', '1h'), {
    default: '10s',
    prose: 'How long a new or recovered origin takes to come up to its full share. 0s turns it off.',
    example: '30s',
  }),
  dnsTtl: option(duration('1s', '1d'), {
    default: '30s',
    prose: 'How long the addresses of a named origin are used before its name is looked up anew.',
    example: '5s',
  }),
  http2: option(flag(), {
    default: true,
    prose:
      'Whether HTTP/2 is spoken with https origins that offer it in the handshake: many requests on one connection. The limits on what is in flight hold as they are. Changes of protocol, as to WebSocket, go over HTTP/1.1.',
    example: 'false',
  }),
  tls: group('TLS towards https origins.', {
    verify: option(flag(), {
      default: true,
      prose: 'Whether the certificate is checked. Turn it off only for an origin on a network of your own.',
      example: 'false',
    }),
    ca: optional(fileText(), {
      prose: 'A file of certificates in PEM to trust instead of the well-known authorities.',
      example: './origin-ca.pem',
    }),
  }),
})
