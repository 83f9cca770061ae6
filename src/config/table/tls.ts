// The options of HTTPS: where it listens, with which certificates, and what becomes of plain requests.

import { group, items, option, required } from '../shape.ts'
import { choice, flag, listOf } from '../kinds/scalar.ts'
import { fileText, secret } from '../kinds/secret.ts'
import { listenAddress } from '../kinds/network.ts'

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
    redirect: option(flag(), {
      default: true,
      prose:
        'Whether plain requests are sent to HTTPS (308), where it is served. Those that a trusted proxy took over HTTPS are not, nor those below `/.well-known/acme-challenge/`.',
      example: 'false',
    }),
    least: option(choice(['TLSv1.2', 'TLSv1.3']), {
      default: 'TLSv1.2',
      prose: 'The oldest version of TLS that is spoken.',
      example: 'TLSv1.3',
    }),
  },
)
