// The options for more than one machine.

import { group, option, optional, shorthand } from '../shape.ts'
import { choice, count, listOf, text } from '../kinds/scalar.ts'
import { fileText, secret } from '../kinds/secret.ts'
import { storeUrl } from '../kinds/network.ts'
import { duration } from '../kinds/unit.ts'

/** It stands in keys of the store, between braces and colons. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/

const COPIES = ['required', 'if-possible', 'off'] as const

export const cluster = shorthand(
  group(
    'Several machines that act as one, by way of Valkey or Redis. Its URL alone is enough: `cluster: redis://10.0.0.5:6379`.',
    {
      url: option(listOf(storeUrl(), 8), {
        default: [],
        prose:
          'Where Valkey or Redis is: `redis://HOST:PORT`, or `rediss://HOST:PORT` for TLS. With a primary and replicas name them all: whichever is the primary is used. Without one the machine is by itself.',
        example: '[redis://10.0.0.5:6379, redis://10.0.0.6:6379]',
        restart: true,
      }),
      node: optional(text('name', 'letters, digits, `.`, `_` and `-`', NAME, 64), {
        prose:
          'The name of this node, which no other may have and which stays the same over restarts. Without one it is the machine’s host name.',
        example: 'edge-1',
        restart: true,
      }),
      name: option(text('name', 'letters, digits, `.`, `_` and `-`', NAME, 64), {
        default: 'breakwater',
        prose: 'The name of the cluster. All its keys begin so; clusters with different names share a server.',
        example: 'shops',
        restart: true,
      }),
      user: optional(text('text', 'a user name', /^[^\0\r\n]+$/, 255), {
        prose: 'The user for the server; without one the password is that of the default user.',
        example: 'breakwater',
        restart: true,
      }),
      password: optional(secret(1), {
        prose: 'The password for the server.',
        example: '{ env: BREAKWATER_VALKEY_PASSWORD }',
        restart: true,
      }),
      secret: optional(secret(32), {
        prose:
          'What all nodes have in common: 32 characters or more, as `openssl rand -base64 32` makes them, the same on each. With it nodes share the keys of TLS session tickets, and private keys of ordered certificates and the key of waiting rooms lie on the server encrypted (AES-256-GCM). Events with programs or webhooks may be added by command only with it. Without it each node has session tickets of its own, and whoever reads the server has those keys.',
        example: '{ file: /etc/breakwater/cluster-secret }',
        restart: true,
      }),
      ca: optional(fileText(), {
        prose:
          'A file with the certificates, in PEM, that the server’s certificate is checked against, in place of those that Node trusts.',
        example: '/etc/breakwater/valkey-ca.pem',
        restart: true,
      }),
      proof: option(duration('1s', '1d'), {
        default: '10 min',
        prose:
          'How long stored responses are served while this node cannot prove that it knows of every purge, because the server does not answer. After so long, and again each time it has passed, everything stored is fetched anew: so no node serves what was purged hard for longer.',
        example: '2 min',
      }),
      hold: option(duration('4s', '1d'), {
        default: '2 min',
        prose:
          'How long what a node holds of an origin’s limit stays its own while nothing is heard of it. It stops using it by itself at half of that time, but for a floor (the equal part of a quarter of the limit, one place at least), and after the whole of it the others have it. A node that the server does not answer for longer than half of it works with the floor.',
        example: '30s',
        restart: true,
      }),
      copy: option(choice(COPIES), {
        default: 'required',
        prose:
          'Whether a collected form is acknowledged only with a second copy on the server: `required`, and without one it is answered 503; `if-possible`, and without one on the disk of this machine alone, which the log says; `off` copies none. With a copy, another node sends the forms of one that is lost.',
        example: 'if-possible',
        restart: true,
      }),
      replicas: option(count(0, 5), {
        default: 0,
        prose:
          'Replicas of the server that must have a form’s copy as well before it is acknowledged (`WAIT`, `WAITAOF`). A server that does not sync each write to its own disk needs one in any case.',
        example: '1',
        restart: true,
      }),
      takeOver: option(duration('3s', '1h'), {
        default: '10s',
        prose:
          'How long nothing is heard of the journal of a node until another takes over its forms. A node that was away comes back as one that has them no more.',
        example: '1 min',
        restart: true,
      }),
    },
  ),
  'url',
)
