// What no single option can know: names used twice, sites without origins, options that contradict each other.

import { certificateProblems } from './certificates.ts'
import { collectContradictions, keptSessions, unsentLetters } from './deferrable.ts'
import type { WarningCode } from './errors.ts'
import { endOf, eventContradictions } from './events.ts'
import { zonedText } from '../base/zoned.ts'
import { formatListenAddress, isLoopback } from './kinds/network.ts'
import { MODES } from './modes.ts'
import type { Problem } from './read.ts'
import type { Path } from './kind.ts'
import type { Config, EventConfig, RuleConfig, SiteConfig } from './types.ts'

/** What is wrong between options of a config that are each right by themselves. */
export function contradictions(config: Config): Problem[] {
  return [
    ...addresses(config),
    ...limits(config),
    ...rooms(config),
    ...certificateProblems(config),
    ...staysPlain(config),
    ...events(config),
    ...letters(config),
    ...keptSessions(config),
    ...unsentLetters(config),
  ]
}

/** What is wrong within and between sites. Those that could not be read are undefined and stay out of it. */
export function siteContradictions(sites: readonly (SiteConfig | undefined)[]): Problem[] {
  const each = sites.flatMap((site, i) => (site === undefined ? [] : [{ site, path: ['sites', i] as Path }]))
  return [
    ...twice(
      'duplicate-name',
      each.map(({ site, path }) => [site.name, [...path, 'name']]),
    ),
    ...twice(
      'duplicate-host',
      each.flatMap(({ site, path }) => site.hosts.map((host, h): Named => [host, [...path, 'hosts', h]])),
    ),
    ...each.flatMap(({ site, path }) => inSite(site, path)),
  ]
}

function inSite(site: SiteConfig, path: Path): Problem[] {
  return [
    ...twice(
      'duplicate-origin',
      site.origins.map((each, i) => [each.url.href, [...path, 'origins', i]]),
    ),
    ...twice(
      'duplicate-name',
      site.rules.map((each, i) => [each.name, [...path, 'rules', i, 'name']]),
    ),
    ...site.rules.flatMap((each, i) => collectContradictions(each, [...path, 'rules', i], site.rules.slice(i + 1))),
    ...twice(
      'duplicate-name',
      site.waitingRoom.map((each, i) => [each.name, [...path, 'waitingRoom', i, 'name']]),
    ),
    ...site.rules.flatMap((each, i) => unknownRoom(each, site, [...path, 'rules', i, 'waitingRoom'])),
    ...twice(
      'duplicate-name',
      site.classes.map((each, i) => [each.name, [...path, 'classes', i, 'name']]),
    ),
    ...site.rules.flatMap((each, i) => unknownClass(each, site, [...path, 'rules', i, 'class'])),
    ...hardlyStrict(site, [...path, 'hsts']),
    ...tooMuchPromised(site, [...path, 'classes']),
    ...site.rules.flatMap((each, i) => bounds(each, [...path, 'rules', i, 'cache', 'lifetimeFloor'])),
    ...site.rules.flatMap((each, i) => tooLate(each, [...path, 'rules', i])),
  ]
}

function unknownRoom({ waitingRoom: name }: RuleConfig, site: SiteConfig, path: Path): Problem[] {
  if (name === undefined || name === 'none' || site.waitingRoom.some(room => room.name === name)) return []
  return [problem('contradiction', path, `the site has no waiting room ${JSON.stringify(name)}`)]
}

function unknownClass({ class: name }: RuleConfig, site: SiteConfig, path: Path): Problem[] {
  if (name === undefined || site.classes.some(each => each.name === name)) return []
  return [problem('contradiction', path, `the site has no class ${JSON.stringify(name)}`)]
}

/** What those who deliver browsers ask of a site (hstspreload.org), and what says nothing by itself. */
function hardlyStrict({ hsts: { maxAge, includeSubDomains, preload } }: SiteConfig, path: Path): Problem[] {
  if (maxAge === undefined) {
    const alone = preload ? 'preload' : includeSubDomains ? 'includeSubDomains' : undefined
    return alone === undefined ? [] : [problem('contradiction', [...path, alone], 'it says nothing without `maxAge`')]
  }
  if (!preload) return []
  const found: Problem[] = []
  if (maxAge < PRELOADED_FOR)
    found.push(problem('contradiction', [...path, 'maxAge'], '`preload` needs a `maxAge` of 365d at least'))
  if (!includeSubDomains)
    found.push(problem('contradiction', [...path, 'preload'], '`preload` needs `includeSubDomains: true`'))
  return found
}

/** 31,536,000 seconds. */
const PRELOADED_FOR = 365 * 24 * 60 * 60 * 1000

/** A site that asks browsers to be delivered with it, and answers plain requests all the same. */
function staysPlain({ tls, sites }: Config): Problem[] {
  if (tls.redirect || tls.listen.length === 0) return []
  const why = '`preload` needs plain requests to be sent to HTTPS: leave out `tls.redirect: false`'
  return sites.flatMap(({ hsts }, i) =>
    hsts.preload ? [problem('contradiction', ['sites', i, 'hsts', 'preload'], why)] : [],
  )
}

function tooMuchPromised({ classes }: SiteConfig, path: Path): Problem[] {
  const sum = classes.reduce((total, { share }) => total + (share ?? 0), 0)
  if (sum <= 0.95) return []
  return [
    problem(
      'contradiction',
      path,
      `the shares come to ${Math.round(100 * sum)}%; at most 95%, since what belongs to no class needs some`,
    ),
  ]
}

function bounds({ cache }: RuleConfig, path: Path): Problem[] {
  const crossed = MODES.find(mode => (cache.lifetimeFloor?.[mode] ?? 0) > (cache.lifetimeCeiling?.[mode] ?? Infinity))
  return crossed === undefined
    ? []
    : [problem('contradiction', path, `the floor is above the ceiling in mode ${crossed}`)]
}

/** What has to be known before there is a response, and what before anybody looks at more than the address. */
const BEFORE_THE_RESPONSE = [
  'ignoresReload',
  'keyedHeaders',
  'keyedCookies',
  'sessionCookies',
  'ignoredCookies',
] as const
const BY_THE_ADDRESS = ['keptQuery', 'ignoredQuery'] as const

/** Whether a rule sets and removes no field in any mode. */
const isNothing = ({ set, remove }: RuleConfig['requestHeaders']): boolean =>
  set.length === 0 && MODES.every(mode => (remove[mode] ?? []).length === 0)

/** Settings that a rule gives, but would know too late. */
function tooLate({ match, cache, requestHeaders, rate }: RuleConfig, path: Path): Problem[] {
  const ofResponse = match.status !== undefined || match.contentType !== undefined
  const ofFields = match.header !== undefined || match.cookie !== undefined
  const early = ofResponse ? [...BEFORE_THE_RESPONSE, ...BY_THE_ADDRESS] : ofFields ? BY_THE_ADDRESS : []
  const why = ofResponse
    ? 'a rule that matches by the response cannot say this: it has to be known before'
    : 'a rule that matches by header or cookie cannot say this: it is part of the address that a response is stored under'
  const given = early.filter(name => cache[name] !== undefined)
  const found = given.map(name => problem('contradiction', [...path, 'cache', name], why))
  if (!ofResponse) return found
  if (!isNothing(requestHeaders)) found.push(problem('contradiction', [...path, 'requestHeaders'], why))
  if (rate.limit !== undefined) found.push(problem('contradiction', [...path, 'rate', 'limit'], why))
  return found
}

function addresses({ listen, tls, admin }: Config): Problem[] {
  const all = [
    ...listen.map((each, i): Named => [formatListenAddress(each), ['listen', i]]),
    ...tls.listen.map((each, i): Named => [formatListenAddress(each), ['tls', 'listen', i]]),
  ]
  // Port 0 takes whichever port is free, so it never collides.
  const fixed = [...all, [formatListenAddress(admin.listen), ['admin', 'listen']] satisfies Named].filter(
    ([name]) => !name.endsWith(':0'),
  )
  return twice('contradiction', fixed)
}

/** Over all sites: the board has rows for so many (board/rooms.ts). */
const MOST_ROOMS = 8

function rooms({ sites }: Config): Problem[] {
  const count = sites.reduce((sum, { waitingRoom }) => sum + waitingRoom.length, 0)
  if (count <= MOST_ROOMS) return []
  return [problem('out-of-bounds', ['sites'], `there are ${count} waiting rooms, of ${MOST_ROOMS} at most`)]
}

function limits({ limits }: Config): Problem[] {
  if (limits.targetBytes < limits.headerBytes) return []
  return [problem('contradiction', ['limits', 'targetBytes'], 'a request target has to fit into limits.headerBytes')]
}

function letters({ alerts, mail }: Config): Problem[] {
  const found: Problem[] = []
  if (alerts.email.length > 0 && (mail.server === undefined || mail.from === undefined))
    found.push(problem('contradiction', ['alerts', 'email'], 'mail needs `mail.server` and `mail.from`'))
  if ((mail.user === undefined) !== (mail.password === undefined))
    found.push(problem('contradiction', ['mail'], '`user` and `password` belong together; one of them is missing'))
  return found
}

function events({ events, sites }: Config): Problem[] {
  const names = sites.map(({ name }) => name)
  return [
    ...twice(
      'duplicate-name',
      events.map(({ name }, i): Named => [name, ['events', i, 'name']]),
    ),
    ...events.flatMap((event, i) => eventContradictions(event, names, ['events', i])),
  ]
}

type Named = [name: string, path: Path]

function twice(code: Problem['code'], named: Named[]): Problem[] {
  const seen = new Set<string>()
  const again = named.filter(([name]) => seen.size === seen.add(name).size)
  return again.map(([name, path]) => problem(code, path, `${JSON.stringify(name)} is already taken`))
}

const problem = (code: Problem['code'], path: Path, message: string): Problem => ({
  code,
  path,
  part: 'value',
  message,
})

/** Something that works, but probably not as meant. */
export interface Doubt {
  readonly code: WarningCode
  readonly path: Path
  readonly message: string
}

/** `now` is wall clock in milliseconds. */
export function doubts(config: Config, now: number): Doubt[] {
  const open = !isLoopback(config.admin.listen.host) && config.admin.certificate.chain === undefined
  return [
    ...(open
      ? [
          {
            code: 'open-admin',
            path: ['admin', 'listen'],
            message:
              'the admin address is open to the network, and its token goes over it unencrypted: name a certificate',
          } as const,
        ]
      : []),
    ...unsealed(config),
    ...config.sites.flatMap((site, i) => doubtsOf(site, ['sites', i])),
    ...config.events.flatMap((event, i) => past(event, ['events', i, 'at'], now)),
  ]
}

/** Nodes without a secret in common. */
function unsealed({ cluster, tls }: Config): Doubt[] {
  if (cluster.url.length === 0 || tls.listen.length === 0 || cluster.secret !== undefined) return []
  const keys =
    tls.acme.names.length === 0 ? '' : ', and the private keys of ordered certificates lie on the server in plain'
  const message = `without cluster.secret nodes do not share TLS session tickets${keys}`
  return [{ code: 'plain-keys', path: ['cluster'], message }]
}

function past(event: EventConfig, path: Path, now: number): Doubt[] {
  const end = endOf(event)
  if (end > now) return []
  const message = `${event.name} is over since ${zonedText(end, event.zone)}, and does not repeat`
  return [{ code: 'past-event', path, message }]
}

function doubtsOf(site: SiteConfig, path: Path): Doubt[] {
  const unverified = !site.origin.tls.verify && site.origins.some(each => each.url.protocol === 'https')
  const idle = site.rules.flatMap((rule, i): Doubt[] =>
    setsNothing(rule)
      ? [{ code: 'idle-rule', path: [...path, 'rules', i], message: `rule ${JSON.stringify(rule.name)} sets nothing` }]
      : [],
  )
  if (!unverified) return idle
  return [
    ...idle,
    {
      code: 'unverified-origin',
      path: [...path, 'origin', 'tls', 'verify'],
      message: 'certificates of origins are not checked',
    },
  ]
}

const setsNothing = (rule: RuleConfig): boolean =>
  rule.collect.when === undefined &&
  [rule.cache, rule.rate, rule.snapshot, rule.spike.cache, rule.spike.stub, { funnel: rule.spike.funnel }].every(
    group => Object.values(group).every(value => value === undefined),
  ) &&
  rule.waitingRoom === undefined &&
  rule.class === undefined &&
  [rule.requestHeaders, rule.responseHeaders].every(isNothing)
