// The options of HTTPS: where it listens, with which certificates, and what becomes of plain requests.

import { group, items, option, optional, required } from '../shape.ts'
import { choice, flag, listOf, text } from '../kinds/scalar.ts'
import { fileText, secret } from '../kinds/secret.ts'
import { duration } from '../kinds/unit.ts'
import { hostPattern, listenAddress } from '../kinds/network.ts'
import { webhook } from '../kinds/webhook.ts'

const certificate = group('A certificate. It is for the names that stand in it.', {
  chain: required(fileText(), {
    prose: 'The file with the certificate and those between it and the root, in PEM.',
    example: '/etc/letsencrypt/live/www.example.org/fullchain.pem',
  }),
  key: required(secret(64), {
    prose: 'Its private key, in PEM.',
    example: '{ file: /etc/letsencrypt/live/www.example.org/privkey.pem }',
  }),
})

const program = listOf(text('text', 'a program or an argument of it', /^[^\0]+$/, 4096), 64, 1)

const acme = group(
  "Certificates that are ordered, and replaced in time, at a directory that speaks ACME (RFC 8555), as that of Let's Encrypt. They are kept in the data directory.",
  {
    names: option(listOf(hostPattern(), 100), {
      default: [],
      prose: 'The names, each with a certificate of its own. With `dns-01` also `*.example.org`.',
      example: '[example.org, www.example.org]',
    }),
    agree: option(flag(), {
      default: false,
      prose: 'That you agree to the terms of the directory. Nothing is ordered before.',
      example: 'true',
    }),
    email: optional(text('address', 'a mail address', /^[^\s@]+@[^\s@]+$/, 320), {
      prose: 'Where the directory may write to.',
      example: 'web@example.org',
    }),
    directory: option(webhook(), {
      default: 'https://acme-v02.api.letsencrypt.org/directory',
      prose:
        "The directory. That of Let's Encrypt for trials is `https://acme-staging-v02.api.letsencrypt.org/directory`.",
      example: 'https://acme.example.net/directory',
    }),
    ca: optional(fileText(), {
      prose: 'The certificate, in PEM, that the directory itself is trusted by, where it is a private one.',
      example: '/etc/ssl/company.pem',
    }),
    challenge: option(choice(['http-01', 'tls-alpn-01', 'dns-01']), {
      default: 'http-01',
      prose:
        'How it is proven that a name is yours: by a text that is served on port 80, by a certificate that is shown on port 443, or by a record in the DNS that `dns` puts there.',
      example: 'tls-alpn-01',
      restart: true,
    }),
    dns: group(
      'For `dns-01`: programs that find `BREAKWATER_DNS_NAME`, as _acme-challenge.example.org, and `BREAKWATER_DNS_VALUE` in their environment and end with 0.',
      {
        add: optional(program, {
          prose: 'Puts a TXT record with this value at this name, and waits until the name servers have it.',
          example: '[/usr/local/bin/dns, add]',
        }),
        remove: optional(program, { prose: 'Takes it away again.', example: '[/usr/local/bin/dns, remove]' }),
      },
    ),
    binding: group('Of a directory that wants to know the account by one that you have there already.', {
      id: optional(text('text', 'the id that the directory gave out', /^\S+$/, 1024), {
        prose: 'The key identifier.',
        example: 'kid-1',
      }),
      key: optional(secret(16), { prose: 'The HMAC key, in base64url.', example: '{ env: ACME_HMAC }' }),
    }),
  },
)

export const tls = group(
  'HTTPS. Files of certificates are read again when they change, without dropping a connection.',
  {
    listen: option(listOf(listenAddress(), 32), {
      default: [],
      prose: 'Where visitors are served over HTTPS: an address and port, or a list of them. Empty: nowhere.',
      example: '[0.0.0.0:443, "[::]:443"]',
      restart: true,
    }),
    certificates: items(certificate, {
      prose:
        'The certificates. A visitor gets the first that is for the name they ask for, and the first of all where none is.',
      example: '[{ chain: fullchain.pem, key: { file: privkey.pem } }]',
      max: 1000,
    }),
    acme,
    redirect: option(flag(), {
      default: true,
      prose:
        'Whether plain requests are sent to HTTPS (308), where it is served. Those that a trusted proxy took over HTTPS are not, nor those below `/.well-known/acme-challenge/`.',
      example: 'false',
    }),
    http2: option(flag(), {
      default: true,
      prose: 'Whether HTTP/2 is spoken with those who offer it.',
      example: 'false',
      restart: true,
    }),
    ticketPeriod: option(duration('5s', '7d'), {
      default: '6h',
      prose:
        'How long a key is used to seal session tickets, with which visitors who come back need no full handshake. Tickets are taken for one such time more.',
      example: '1h',
    }),
    least: option(choice(['TLSv1.2', 'TLSv1.3']), {
      default: 'TLSv1.2',
      prose: 'The oldest version of TLS that is spoken.',
      example: 'TLSv1.3',
    }),
  },
)
