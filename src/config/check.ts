// What no single option can know: names used twice, sites without origins, options that contradict each other.

import type { WarningCode } from './errors.ts'
import { formatListenAddress } from './kinds/network.ts'
import { MODES } from './modes.ts'
import type { Problem } from './read.ts'
import type { Path } from './kind.ts'
import type { Config, RuleConfig, SiteConfig } from './types.ts'

/** What is wrong between options of a config that are each right by themselves. */
export function contradictions(config: Config): Problem[] {
  return [...addresses(config), ...limits(config)]
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
    ...site.rules.flatMap((each, i) => bounds(each, [...path, 'rules', i, 'cache', 'lifetimeFloor'])),
  ]
}

function bounds({ cache }: RuleConfig, path: Path): Problem[] {
  const crossed = MODES.find(mode => (cache.lifetimeFloor?.[mode] ?? 0) > (cache.lifetimeCeiling?.[mode] ?? Infinity))
  return crossed === undefined
    ? []
    : [problem('contradiction', path, `the floor is above the ceiling in mode ${crossed}`)]
}

function addresses({ listen, admin }: Config): Problem[] {
  const all = listen.map((each, i): Named => [formatListenAddress(each), ['listen', i]])
  // Port 0 takes whichever port is free, so it never collides.
  const fixed = [...all, [formatListenAddress(admin.listen), ['admin', 'listen']] satisfies Named].filter(
    ([name]) => !name.endsWith(':0'),
  )
  return twice('contradiction', fixed)
}

function limits({ limits }: Config): Problem[] {
  if (limits.targetBytes < limits.headerBytes) return []
  return [problem('contradiction', ['limits', 'targetBytes'], 'a request target has to fit into limits.headerBytes')]
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

export function doubts(config: Config): Doubt[] {
  const open = !isLoopback(config.admin.listen.host) && config.admin.token === undefined
  return [
    ...(open
      ? [
          {
            code: 'open-admin',
            path: ['admin', 'listen'],
            message: 'the admin address is open to the network',
          } as const,
        ]
      : []),
    ...config.sites.flatMap((site, i) => doubtsOf(site, ['sites', i])),
  ]
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
  [rule.cache, rule.rate].every(group => Object.values(group).every(value => value === undefined)) &&
  [rule.requestHeaders, rule.responseHeaders].every(edits => edits.set.length + edits.remove.length === 0)

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')
