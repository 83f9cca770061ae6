// The table of options, from its top. Validation, the JSON Schema, the reference and the types all come from here.

import { CODINGS } from '../../http/codings.ts'
import { group, items, optional, option, shorthand } from '../shape.ts'
import { duration, memoryShare, size } from '../kinds/unit.ts'
import { choice, flag, listOf } from '../kinds/scalar.ts'
import { fileText, path, secret } from '../kinds/secret.ts'
import { threads } from '../kinds/threads.ts'
import { fieldName } from '../kinds/http.ts'
import { hostPattern, listenAddress } from '../kinds/network.ts'
import { networks } from '../kinds/networks.ts'
import { alerts } from './alerts.ts'
import { clients } from './clients.ts'
import { cluster } from './cluster.ts'
import { event } from './event.ts'
import { journal } from './collect.ts'
import { limits } from './limits.ts'
import { mail } from './mail.ts'
import { site } from './site.ts'
import { status } from './status.ts'
import { tls } from './tls.ts'
import { accessLog, serverTiming } from './watch.ts'

const certificate = group('With it the address speaks HTTPS alone. A changed file is taken up as one of visitors is.', {
  chain: optional(fileText(), {
    prose: 'The file with the certificate and those between it and the root, in PEM.',
    example: '/etc/breakwater/admin.pem',
  }),
  key: optional(secret(64), {
    prose: 'Its private key, in PEM.',
    example: '{ file: /etc/breakwater/admin.key }',
  }),
})

const admin = shorthand(
  group(
    'The address for the operator: health, metrics, the interface for commands. Its address alone is enough: `admin: 127.0.0.1:9900`.',
    {
      listen: option(listenAddress(), {
        default: '127.0.0.1:9900',
        prose:
          'Where it listens. Beyond this machine reading asks for the token too, and `certificate` keeps both from being overheard.',
        example: '127.0.0.1:9900',
        restart: true,
      }),
      token: optional(secret(16), {
        prose:
          'Whatever changes something asks for this token, and reading too where other machines reach the address. Without one, Breakwater draws one at its first start and keeps it in the data directory, readable by its owner only.',
        example: '{ file: /run/secrets/breakwater }',
      }),
      hosts: option(listOf(hostPattern(), 16), {
        default: [],
        prose:
          'Host names under which it may be reached, besides localhost and IP addresses. Requests for others are refused, so that a web page cannot reach it through a name of its own (DNS rebinding).',
        example: '[breakwater.internal]',
      }),
      certificate,
    },
  ),
  'listen',
)

const cache = group('The store of responses.', {
  memory: option(memoryShare('16 MiB'), {
    default: '25%',
    prose: 'Memory for stored responses, all edges together: a size, or a share of the memory this process may use.',
    example: '2 GiB',
    restart: true,
  }),
  disk: option(size('0 B', '16 TiB'), {
    default: '4 GiB',
    prose:
      'Disk in the data directory for stored bodies of 1 MiB and more, which are sent from there. What a site with a quota holds counts in its quota instead. 256 MiB of the disk stay free in any case; what finds no room, or with `0 B` all, lies in memory like the others.',
    example: '20 GiB',
  }),
  maxBody: option(size('1 KiB', '1 GiB'), {
    default: '64 MiB',
    prose: 'The largest body that is stored; larger ones are passed through.',
    example: '8 MiB',
  }),
  compress: option(listOf(choice(CODINGS), CODINGS.length), {
    default: [...CODINGS],
    prose:
      'Content codings by which stored text from 1 KiB on is compressed, once, beside the uncompressed form, for clients that accept them. `[]` sends everything as it came.',
    example: '[br, gzip]',
  }),
})

export const root = group('The whole config.', {
  listen: option(listOf(listenAddress(), 32, 1), {
    default: '0.0.0.0:8080',
    prose: 'Where visitors are served: an address and port, or a list of them.',
    example: '[0.0.0.0:80, "[::]:80"]',
    restart: true,
  }),
  admin,
  edges: option(threads(), {
    default: 'auto',
    prose: 'Edge threads, which move all bytes. `auto` is one for each CPU.',
    example: '4',
    restart: true,
  }),
  data: option(path(), {
    default: './.breakwater',
    prose:
      'The data directory. It is made when it is not there. Relative paths here and elsewhere start at the folder of the config file, or at the current folder without one.',
    example: '/var/lib/breakwater',
    restart: true,
  }),
  shutdown: group('How the process ends.', {
    drain: option(duration('0s', '1h'), {
      default: '30s',
      prose: 'How long requests in flight may take after SIGTERM before they are cut off.',
      example: '10s',
    }),
  }),
  cache,
  cluster,
  journal,
  limits,
  tls,
  clients,
  alerts,
  mail,
  accessLog,
  serverTiming,
  status,
  proxies: group('Proxies in front of Breakwater, such as a CDN or a load balancer.', {
    trusted: option(networks(), {
      default: [],
      prose:
        'Networks whose `Forwarded` and `X-Forwarded-*` fields are believed. From all others they are removed. `{ file: PATH }` names a file with one a line, which is read again when it changes; `breakwater networks` writes those of the big CDNs.',
      example: '[10.0.0.0/8, "2001:db8::/32"]',
    }),
    clientField: optional(fieldName(), {
      prose:
        'A field in which the trusted proxies tell the visitor’s address, in the place of `X-Forwarded-For`, as CDNs have it.',
      example: 'CF-Connecting-IP',
    }),
    proxyProtocol: option(flag(), {
      default: false,
      prose:
        'Whether connections from `trusted` begin with a header of the PROXY protocol (version 1 or 2), as load balancers that pass bytes on send it. Those that do not are closed. Connections from elsewhere are taken as they are.',
      example: 'true',
      restart: true,
    }),
  }),
  rehearsal: group('What `breakwater rehearse` may be sent at, besides the machine it runs on.', {
    hosts: option(listOf(hostPattern(), 100), {
      default: [],
      prose:
        'Hosts that may be rehearsed. Each has to agree by answering `/.well-known/breakwater-rehearsal` with the token as plain text.',
      example: '[staging.example.org]',
    }),
    token: optional(secret(16), {
      prose: 'What the hosts answer. Without it no other machine is sent a crowd.',
      example: '{ env: REHEARSAL_TOKEN }',
    }),
  }),
  events: items(event, {
    prose: 'Events that are planned. More can be added while the process runs: `breakwater event add`.',
    example: '[{ name: Powerball, at: "2026-11-25 22:00", zone: America/Chicago, for: 3h }]',
    max: 200,
  }),
  sites: items(site, {
    prose: 'The sites behind the shield.',
    example: '[{ hosts: www.example.org, origins: [https://origin.example.net] }]',
    max: 1000,
    empty: 'no-site',
  }),
})
