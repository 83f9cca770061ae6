// The options of a rule: which requests and responses it matches and what it sets for them. What a rule leaves out it leaves alone.

import { finished, group, optional, option, shorthand } from '../shape.ts'
import { duration } from '../kinds/unit.ts'
import { choice, count, flag, listOf, text } from '../kinds/scalar.ts'
import {
  cacheTag,
  cookieName,
  fieldName,
  fieldValues,
  mediaPattern,
  method,
  namePattern,
  pathPattern,
  requestPattern,
  statusRange,
  valuePatterns,
} from '../kinds/http.ts'
import { hostPattern } from '../kinds/network.ts'
import { collect } from './collect.ts'
import { spike } from './spike.ts'
import { perMode } from '../kinds/per-mode.ts'
import { countedBy, rate } from '../kinds/rate.ts'
import { className } from './classes.ts'
import { roomOrNone } from './waiting-room.ts'

/** Longest time a stored response may be called fresh or be served stale: RFC 9111 leaves it open, a year is custom. */
const lifetime = () => perMode(duration('0s', '365d'))

const matchLines = group(
  'Which requests the rule is for. Every line given has to match; within a line, one of its values is enough. A rule without `match` is for every request of the site. A method and a path alone may be written in one: `match: POST /petitions/*/signatures`.',
  {
    request: optional(requestPattern(), {
      prose: 'A method and a pattern for the path, in place of `method` and `path`.',
      example: 'POST /petitions/*/signatures',
    }),
    method: optional(listOf(method(), 16, 1), {
      prose: 'Methods. GET stands for HEAD as well.',
      example: '[GET, POST]',
    }),
    host: optional(listOf(hostPattern(), 64, 1), {
      prose: 'Hosts the visitor asked for, without port.',
      example: '"*.shop.example.org"',
    }),
    path: optional(listOf(pathPattern(), 256, 1), {
      prose:
        'Patterns for the path, without query. `*` stands for anything but a slash, `**` between slashes for any number of steps: `/admin/**` is `/admin` and all below it, `/**/*.css` every style sheet. Before it is compared, a path is brought into its normal form (RFC 3986 section 6.2.2: `%61` is `a`, `/a/../b` is `/b`) and doubled slashes become one, so that no such spelling escapes a rule. Capitals, `;` and `%2F` make another path: where the origin takes `/ADMIN` for `/admin`, name both. A pattern that ends in the extension of a kind of file (`/**/*.css`) lengthens no lifetime of a response that is of another kind by its Content-Type.',
      example: '[/admin/**, "/**/*.php"]',
    }),
    query: optional(valuePatterns('parameter'), {
      prose:
        'Query parameters, each with a pattern for its value (`*` stands for anything), or `true` where being there is enough.',
      example: '{ preview: true, page: "1*" }',
    }),
    header: optional(valuePatterns('field'), {
      prose: 'Header fields of the request, each with a pattern for its value, or `true` where being there is enough.',
      example: '{ X-Requested-With: XMLHttpRequest }',
    }),
    cookie: optional(valuePatterns('cookie'), {
      prose: 'Cookies, each with a pattern for its value, or `true` where being there is enough.',
      example: '{ PHPSESSID: true }',
    }),
    contentType: optional(listOf(mediaPattern(), 64, 1), {
      prose:
        'Media types of the response, without parameters, in lower case; `*` stands for anything. A rule with it applies when the response is there: it says how long and under which tags that is kept and what its header becomes, or, with `bypass`, that it is not stored.',
      example: '[text/html, "image/*"]',
    }),
    status: optional(listOf(statusRange(), 32, 1), {
      prose:
        'Status codes of the response: `404`, `5xx`, `500-504`. Such a rule applies when the response is there, too.',
      example: '[404, 410]',
    }),
  },
)

const match = shorthand(
  finished(matchLines, ({ request, ...lines }) => ({
    ...lines,
    method: lines.method ?? (request?.method === undefined ? undefined : [request.method]),
    path: lines.path ?? (request === undefined ? undefined : [request.path]),
  })),
  'request',
)

const cache = group('What is stored for these requests, and how long it serves.', {
  bypass: optional(perMode(flag()), {
    prose: 'When true, the cache is passed by: nothing is served from it and nothing is stored.',
    example: 'true',
  }),
  lifetime: optional(lifetime(), {
    prose:
      'The freshness lifetime, whatever the origin says of it. It makes nothing storable that RFC 9111 forbids a shared cache to store.',
    example: '{ normal: 10s, spike: 60s }',
  }),
  lifetimeFloor: optional(lifetime(), {
    prose: 'The least freshness lifetime: a shorter one that the origin gives is raised to it.',
    example: '1s',
  }),
  lifetimeCeiling: optional(lifetime(), {
    prose: 'The greatest freshness lifetime: a longer one that the origin gives is lowered to it.',
    example: '1h',
  }),
  staleWhileRevalidate: optional(lifetime(), {
    prose:
      'How long after its lifetime a response is still served while a fresh one is fetched (RFC 5861), where the origin says nothing of it.',
    example: '30s',
  }),
  staleIfError: optional(lifetime(), {
    prose:
      'How long after its lifetime a response is still served when the origin fails (RFC 5861), where the origin says nothing of it.',
    example: '{ normal: 10 min, spike: 1d }',
  }),
  ignoresReload: optional(perMode(flag()), {
    prose:
      "When true, a visitor's reload (`no-cache`, `max-age`, `min-fresh`, `Pragma`) is answered by a fresh stored response like any other request.",
    example: '{ normal: false, spike: true }',
  }),
  browserLifetime: optional(lifetime(), {
    prose:
      'How long browsers may keep what is stored here: the `Cache-Control` that is sent with it, in the place of the origin’s (and of its `Expires`). The time that it has been here already is added, since browsers subtract it.',
    example: '{ normal: 1 min, spike: 5 min }',
  }),
  cdnLifetime: optional(lifetime(), {
    prose:
      'How long a CDN in front may keep what is stored here: the `CDN-Cache-Control` (RFC 9213) that is sent with it, in the place of the origin’s.',
    example: '10s',
  }),
  tags: optional(perMode(listOf(cacheTag(), 64)), {
    prose: 'Tags that the stored responses get beside those that the origin names, to be purged by.',
    example: '[news, front-page]',
  }),
  keyedHeaders: optional(perMode(listOf(fieldName(), 16)), {
    prose:
      'Header fields of the request that belong to the cache key, as if the response named them in `Vary`. A field of the list of [override fields](../guides/configure.md#what-the-origin-sees) goes to the origin only where it stands here.',
    example: '[CloudFront-Viewer-Country]',
  }),
  keyedCookies: optional(perMode(listOf(cookieName(), 16)), {
    prose:
      'Cookies that belong to the cache key: requests with the same values share stored responses. They do not count as a session.',
    example: '[currency, language]',
  }),
  sessionCookies: optional(perMode(listOf(namePattern(), 256)), {
    prose:
      'Cookies of visitors who see pages of their own. Requests with one get from the store only what is the same for everyone: what the origin calls `public` or gives an `s-maxage`, and style sheets, scripts, images, fonts and the like.',
    example: '[wordpress_logged_in_*]',
  }),
  keptQuery: optional(perMode(listOf(namePattern(), 256)), {
    prose:
      'The only query parameters that make a difference: all others are left out of the cache key and of what the origin is asked. Those that a rule of the site matches by are always kept.',
    example: '[page, q]',
  }),
  ignoredQuery: optional(perMode(listOf(namePattern(), 256)), {
    prose:
      'Query parameters that make no difference to the response. They are left out of the cache key, and of what the origin is asked, as those of `trackingQuery` are.',
    example: '[sort, session_hint]',
  }),
  ignoredCookies: optional(perMode(listOf(namePattern(), 256)), {
    prose:
      'Cookies that make no difference to the response: requests that carry no others count as requests without cookies. The origin is not sent them where the response may be stored.',
    example: '[_ga*, consent]',
  }),
})

const rates = group(
  'How often these requests may come. Without a rate nothing is counted. Requests of one rule are counted together; those beyond the rate are answered 429 with Retry-After. See docs/guides/limits.md.',
  {
    limit: optional(perMode(listOf(rate(), 4)), {
      prose:
        'Requests in a window of time, or several such, all of which hold. As many as the window allows may come at once, after that they come back evenly over it. `[]` lifts what an earlier rule says.',
      example: '[20/1s, 600/5min]',
    }),
    by: optional(listOf(countedBy(), 4, 1), {
      prose:
        'Whose requests are counted together: those of an `address` (of IPv6 the first 64 bits), of one `ticket` of a waiting room, of one value of a `cookie:NAME` or `header:NAME`, of a `path`, or of the whole `site`; several words make one key. A request without the cookie or field, or without a ticket that we have signed, counts by its address. Without this option: `address`.',
      example: '[cookie:session, path]',
    }),
    ceiling: optional(count(1, 1000), {
      prose:
        'With a ticket, cookie or header in `by`: how many times the rate one address may reach with all its values together, since anyone can make up new ones. High enough for the many who share an address behind a carrier or a school. Without this option: 20.',
      example: '50',
    }),
    exact: optional(flag(), {
      prose:
        'In a cluster: whether all nodes count together, each request on the cluster’s server, so that no more than the rate gets through over all of them. It costs each such request one question to the server (some hundred microseconds, batched). While the server does not answer each node lets through its part: the rate divided by the nodes there are. Without this option: false.',
      example: 'true',
    }),
    counts: optional(choice(['all', 'origin']), {
      prose:
        'Whether `all` requests count, or those alone that the `origin` server would have to answer because no stored response does. Without this option: `all`.',
      example: 'origin',
    }),
  },
)

const edits = (prose: string, example: { set: string; remove: string }) =>
  group(prose, {
    set: option(fieldValues(), {
      default: {},
      prose:
        'Fields to set. Lines of the same name that are there are replaced. A value may differ by mode: `{ X-Hour: { spike: busy } }`.',
      example: example.set,
    }),
    remove: option(perMode(listOf(fieldName(), 64)), {
      default: [],
      prose: 'Fields to remove.',
      example: example.remove,
    }),
  })

const snapshot = group(
  'How the snapshot of the site is used, once `breakwater freeze` has taken one: pages are answered from it, and the origin may be off. See docs/guides/freeze.md.',
  {
    when: optional(choice(['frozen', 'always', 'never']), {
      prose: 'While the site is in the mode `frozen`, in every mode, or never. Without this option: `frozen`.',
      example: 'always',
    }),
    missing: optional(choice(['refuse', 'origin']), {
      prose:
        'What becomes of requests that the snapshot has no answer for: they are refused (503), or go to the origin as ever. Forms that a rule collects are taken all the same. Without this option: `refuse`.',
      example: 'origin',
    }),
  },
)

export const rule = finished(
  group('A rule. All that match apply in order; a later one overrides an earlier one field by field.', {
    name: optional(text('text', 'a name of up to 64 visible characters', /^[!-~]([ -~]*[!-~])?$/, 64), {
      prose: 'What the rule is called in logs and explanations. Without one it is called by its place: `rule 3`.',
      example: 'shop checkout',
    }),
    match,
    cache,
    rate: rates,
    collect,
    spike,
    snapshot,
    class: optional(className(), {
      prose: 'The class of the site that the request belongs to: its queue and its share of the places at the origin.',
      example: 'api',
    }),
    waitingRoom: optional(roomOrNone(), {
      prose: "The site's waiting room that these requests are behind, by its name; `none` for no room.",
      example: 'checkout',
    }),
    requestHeaders: edits('Header fields of the request on its way to the origin.', {
      set: '{ X-Forwarded-Port: "443" }',
      remove: '[X-Debug]',
    }),
    responseHeaders: edits('Header fields of the response on its way to the visitor.', {
      set: '{ Strict-Transport-Security: max-age=31536000 }',
      remove: '[X-Powered-By]',
    }),
  }),
  (rule, index) => ({ ...rule, name: rule.name ?? `rule ${index + 1}` }),
)
