// The options of a site: the hosts it answers for, its origins, its rules and its mode.

import { strictTransport } from '../../http/hsts.ts'
import { blank, finished, group, items, option, optional, shorthand } from '../shape.ts'
import { duration, size } from '../kinds/unit.ts'
import { choice, flag, listOf, text } from '../kinds/scalar.ts'
import { namePattern } from '../kinds/http.ts'
import { hostPattern } from '../kinds/network.ts'
import { secret } from '../kinds/secret.ts'
import { MODES } from '../modes.ts'
import { PRESET_NAMES, presetRules } from '../presets.ts'
import { origin, originServer } from './origin.ts'
import { requestClass } from './classes.ts'
import { rule } from './rule.ts'
import { waitingRoom } from './waiting-room.ts'

/** What scripts in the page read and servers do not: campaigns, clicks on advertisements, mailings. */
const TRACKING_PARAMETERS = [
  ...['utm_*', 'mtm_*', 'pk_campaign', 'pk_kwd', 'pk_source', 'pk_medium'],
  ...['gclid', 'gclsrc', 'gbraid', 'wbraid', 'dclid', 'gad_source', 'gad_campaignid', '_gl'],
  ...['fbclid', 'msclkid', 'ttclid', 'twclid', 'li_fat_id', 'yclid', 'ysclid', 'ScCid', 'epik', 'igshid'],
  ...['mc_cid', 'mc_eid', '_hsenc', '_hsmi', '__hstc', '__hssc', '__hsfp', '_ke', 'mkt_tok', 'vero_id'],
]

const hsts = shorthand(
  finished(
    group(
      'What browsers are told over HTTPS: never to ask this site in plain again (Strict-Transport-Security, RFC 6797). It takes the place of what the origin or a rule says of it, and is never sent over plain HTTP.',
      {
        maxAge: optional(duration('0s', '3650d'), {
          prose:
            'For how long they keep to it, from their last visit on; `0s` has them forget it. Begin with little: whoever has heard it gets no page while HTTPS fails.',
          example: '365d',
        }),
        includeSubDomains: option(flag(), {
          default: false,
          prose:
            'Whether it holds for every name below the site’s own as well, also for those that are served elsewhere.',
          example: 'true',
        }),
        preload: option(flag(), {
          default: false,
          prose:
            'Whether browsers may be delivered with it (hstspreload.org), which is hard to take back. Such sites need `maxAge` of 365 days at least, `includeSubDomains`, and plain requests sent to HTTPS.',
          example: 'true',
        }),
      },
    ),
    values => ({ ...values, value: strictTransport(values) }),
  ),
  'maxAge',
)

export const site = finished(
  group('A site: some hosts, the origin servers behind them, and the rules for them.', {
    name: optional(
      text('name', 'a name of lower-case letters, digits, dots and dashes', /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 64),
      {
        prose:
          'What the site is called in logs, metrics and commands. Without one: its first host, or `main` when it answers for every host.',
        example: 'shop',
      },
    ),
    hosts: option(listOf(hostPattern(), 1000, 1), {
      default: '*',
      prose:
        'The hosts it answers for, without ports. An exact name goes before `*.example.org`, a longer wildcard before a shorter one, and `*` comes last. Requests for a host of no site are answered 421.',
      example: '[www.example.org, "*.example.org"]',
    }),
    origins: items(originServer, {
      prose: 'The origin servers. Several are balanced: each request goes to the one with the fewest in flight.',
      example: '[https://origin.example.net]',
      max: 100,
      empty: 'no-origin',
    }),
    origin,
    hsts,
    testSession: optional(secret(3), {
      prose:
        'The Cookie field of an account of yours for tests, as `session=…`. Each proof of a spike rule’s copy asks for the page once with it as well, and tells what the copy does not show to one who is logged in: in the log (`copy-hides`), at `/api/proofs` and in the dashboard. What it brings is never stored and nobody else gets it. Take an account whose pages hold nothing of a person.',
      example: '{ file: /run/secrets/test-session }',
    }),
    trackingQuery: option(listOf(namePattern(), 256), {
      default: TRACKING_PARAMETERS,
      prose:
        'Query parameters by which campaigns tell visitors apart. Like those in `ignoredQuery` of a rule they are left out of the cache key and of what the origin is asked. Give a list of your own, or an empty one, where the origin itself reads them.',
      example: '[utm_*, gclid, fbclid]',
    }),
    presets: option(listOf(choice(PRESET_NAMES), PRESET_NAMES.length), {
      default: [],
      prose:
        'Software that the site is made with. Before the rules of the site stand those that fit it: which cookies mean a page of one’s own, which make no difference, and which paths pass the cache by. See docs/guides/presets.md.',
      example: '[wordpress, woocommerce]',
    }),
    rules: items(rule, {
      prose: 'Rules. All that match apply in order, a later one overriding an earlier one field by field.',
      example: '[{ match: { path: /admin/** }, cache: { bypass: true } }]',
      max: 500,
    }),
    store: group('What the site holds of the store of responses.', {
      quota: optional(size('1 MiB', '1 TiB'), {
        prose:
          'The most that its stored responses take, with their keys, tags and places in the index. What is beyond it pushes out only responses of the same site, and no other site pushes out those within it. Without one the site shares what the others leave of `cache.memory`.',
        example: '256 MiB',
      }),
    }),
    waitingRoom: items(waitingRoom, {
      prose: 'Waiting rooms, for when more visitors come than the origin bears. Without one nobody waits for a turn.',
      example: '{ sessions: 500 }',
      max: 8,
    }),
    // The board has a word for each of eight, one of which is all that belong to none.
    classes: items(requestClass, {
      prose:
        'Classes of requests that must not take each other down, such as an API and the pages. Without one all stand in one queue.',
      example: '[{ name: api, share: 30% }]',
      max: 7,
    }),
    gauges: option(listOf(secret(8), 8), {
      default: [],
      prose:
        'What stands behind the origin servers, so that it is known how often a request asks there: addresses of databases (`postgres://…`, `mysql://…`, `redis://…`), of an agent (`http://agent:TOKEN@10.0.0.5:9912`) or a node_exporter (`http://10.0.0.5:9100`). They are secrets, because passwords stand in them.',
      example: '[{ env: DATABASE_URL }]',
    }),
    apdex: option(duration('10ms', '1 min'), {
      default: '500ms',
      prose:
        "The time T of the site's Apdex: an answer within T satisfies a visitor, one within 4 T is tolerated, a slower one or an error frustrates.",
      example: '1s',
    }),
    onset: group('What happens by itself when many more visitors begin to come than usual.', {
      spike: option(flag(), {
        default: true,
        prose:
          'Whether the site then goes into the mode `spike`, within five seconds, and back into `normal` when it has been calm for `leaveAfter`. A command or a planned event goes before it. What changes in a spike is what the rules say of one, and that the origin is told (`Breakwater-Mode`).',
        example: 'false',
      }),
      leaveAfter: option(duration('5s', '1d'), {
        default: '5 min',
        prose:
          'How long it has to be calm: fewer requests than a third above the usual, nobody waiting for an origin, and a fifth of the places there free.',
        example: '15 min',
      }),
    }),
    mode: option(choice(MODES), {
      default: 'normal',
      prose: 'The mode the site is in: which of the values that rules give per mode hold.',
      example: 'spike',
    }),
  }),
  site => ({
    ...site,
    presetRules: presetRules(site.presets, blank(rule)),
    name: site.name ?? nameAfter(site.hosts[0]),
    origins: site.origins.map(each => ({ ...each, concurrency: each.concurrency ?? site.origin.concurrency.limit })),
  }),
)

function nameAfter(host: string | undefined): string {
  return host === undefined || host === '*'
    ? 'main'
    : host
        .replace(/^\*\./, '')
        .replace(/^\[|\]$/g, '')
        .replaceAll(':', '-')
}
