// The options for particular clients: who is kept out, who is never limited, and to whom bans are handed on.

import { choice, flag, listOf, text } from '../kinds/scalar.ts'
import { networks } from '../kinds/networks.ts'
import { webhook } from '../kinds/webhook.ts'
import { group, option, optional } from '../shape.ts'

export const clients = group('Particular clients, by their address behind `proxies.trusted`.', {
  deny: option(networks(), {
    default: [],
    prose:
      'Networks that are kept out: every request from them is answered 403, hits too. `{ file: PATH }` names a file with one a line, which is read again when it changes.',
    example: '[203.0.113.0/24, "2001:db8:bad::/48"]',
  }),
  allow: option(networks(), {
    default: [],
    prose:
      'Networks that are never kept out, limited or slowed, whatever else is written: your own, a monitoring service, a payment provider.',
    example: '[198.51.100.7, "2001:db8:5::/48"]',
  }),
  denied: option(choice(['refuse', 'close']), {
    default: 'refuse',
    prose:
      'What those on `deny` meet: `refuse` answers 403, `close` closes their connections before anything is read, which is cheaper. Behind trusted proxies both answer 403.',
    example: 'close',
  }),
  slow: option(flag(), {
    default: true,
    prose:
      'While an origin is short of places: slows clients that ask it for more than people do and do not look like people, to one request in seconds or minutes. Nobody is kept out by it, and stored responses are served to all. `GET /api/clients` tells who is slowed and why.',
    example: 'false',
  }),
  handOn: group(
    'Hands the deny list on to where keeping out is cheaper, such as a firewall or a CDN: the whole of it at start, and again at each change. What is handed on is JSON with `networks`, `added` and `removed`.',
    {
      url: optional(webhook(), {
        prose: 'Is sent it as the body of a POST. Tried again until it answers below 300.',
        example: 'https://firewall.example.net/deny',
      }),
      command: optional(listOf(text('text', 'a program or an argument of it', /^[^\0]+$/, 4096), 32, 1), {
        prose:
          'A program and its arguments, run without a shell; it reads the JSON from its standard input. Tried again until it ends with 0.',
        example: '[/usr/local/bin/update-firewall, --set, blocked]',
      }),
    },
  ),
})
