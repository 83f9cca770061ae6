// What of a collect rule can be seen to be wrong: a rule for requests that are no forms, and forms that must not wait.

import { compilePath } from '../http/pattern.ts'
import type { Path } from './kind.ts'
import type { Problem } from './read.ts'
import { NOT_DEFERRABLE } from './table/collect.ts'
import type { Config, RuleConfig } from './types.ts'

type Kept = (typeof NOT_DEFERRABLE)[number]

/** Words in a rule's name, paths and fields that give away what it is for. */
const SIGNS: Record<Kept, RegExp> = {
  payment: /pay(ment|pal)?\b|checkout|credit.?card|card.?number|\bcv[vc]2?\b|\biban\b/i,
  login: /log.?in\b|sign.?in\b|log.?on\b|session|\bauth\b|authenticate|\botp\b/i,
  password: /passw(or)?d|passphrase|\bpwd\b|\bpin\b/i,
}

/** Where sites commonly have these: a rule with a wide pattern takes them along without a word of them. */
const COMMON: Record<Kept, readonly string[]> = {
  login: [
    ...['/login', '/signin', '/sign-in', '/log-in', '/logon', '/session', '/sessions', '/auth', '/wp-login.php'],
    ...['/account/login', '/accounts/login', '/auth/login', '/member/login', '/members/login', '/user/login'],
    ...['/users/login', '/users/sign_in', '/admin/login', '/api/login', '/api/auth/login', '/api/v1/login'],
  ],
  payment: [
    ...['/checkout', '/payment', '/payments', '/pay', '/cart/checkout', '/shop/checkout', '/order/payment'],
    ...['/orders/payment', '/api/checkout', '/api/payment', '/api/payments', '/api/v1/payments'],
  ],
  password: [
    ...['/password', '/passwords', '/password/reset', '/reset-password', '/forgot-password', '/account/password'],
    ...['/accounts/password', '/user/password', '/users/password', '/members/password', '/api/password'],
  ],
}

const METHODS = new Set(['POST', 'PUT', 'PATCH'])

/** `path` is the rule's; `later` are the rules of the site that stand behind it. */
export function collectContradictions(rule: RuleConfig, path: Path, later: readonly RuleConfig[]): Problem[] {
  const { when, fields, redirect, page, evenThough, hook } = rule.collect
  if (when === undefined || when.includes('never')) return []
  const at = [...path, 'collect']
  const said = [rule.name, ...(rule.match.path ?? []), ...fields.map(({ name }) => name)].map(spaced)
  const refused = NOT_DEFERRABLE.filter(
    each => !evenThough.includes(each) && said.some(words => SIGNS[each].test(words)),
  )
  return [
    ...(rule.match.path === undefined || rule.match.method?.every(each => METHODS.has(each)) !== true
      ? [problem(at, 'a collect rule needs match.path and match.method, of POST, PUT and PATCH')]
      : []),
    ...(redirect !== undefined && page !== undefined
      ? [problem([...at, 'page'], 'browsers are answered with a redirect or with a page, not both')]
      : []),
    ...(hook.command !== undefined && hook.url !== undefined
      ? [problem([...at, 'hook', 'url'], 'forms go to a program or to a URL, not to both')]
      : []),
    ...refused.map(each =>
      problem(
        [...at, 'when'],
        `the rule ${JSON.stringify(rule.name)} looks like a ${each}, which must not be answered later than it is asked; if it is meant, add evenThough: [${each}]`,
      ),
    ),
    ...takenAlong(
      rule,
      NOT_DEFERRABLE.filter(each => !evenThough.includes(each) && !refused.includes(each)),
      [...at, 'when'],
      later,
    ),
  ]
}

/** A pattern so wide that a login lies under it: nobody has said a word of that, so nobody has said that it is meant. */
function takenAlong(rule: RuleConfig, kinds: readonly Kept[], path: Path, later: readonly RuleConfig[]): Problem[] {
  const left = later.filter(({ collect, match }) => collect.when?.includes('never') === true && isSure(rule, match))
  const found = kinds.flatMap(kind => {
    const along = COMMON[kind].filter(each => takes(rule, each))
    // Whoever has left out one of a kind has thought of it, and knows the paths of the site.
    const isLeftOut = left.some(each => isAbout(each, kind) || along.some(one => takes(each, one)))
    return along.length === 0 || isLeftOut ? [] : [{ kind, along: along[0]! }]
  })
  if (found.length === 0) return []
  const method = rule.match.method?.[0] ?? 'POST'
  const list = found.map(({ kind, along }) => `${along} (a ${kind})`).join(', ')
  return [
    problem(
      path,
      `the rule ${JSON.stringify(rule.name)} takes ${list} along, which must not be answered later than it is asked. Leave it out by a rule after this one, with the path that it has on your site: { match: ${method} ${found[0]!.along}, collect: { when: never } }. Or say that it is meant, or that the site has none: evenThough: [${found.map(({ kind }) => kind).join(', ')}]`,
    ),
  ]
}

const takes = ({ match: { path } }: RuleConfig, one: string): boolean =>
  path?.some(pattern => compilePath(pattern)(one)) ?? true

const isAbout = ({ name, match }: RuleConfig, kind: Kept): boolean =>
  [name, ...(match.path ?? [])].map(spaced).some(words => SIGNS[kind].test(words))

/** It leaves out whatever lies under its paths: it asks for nothing that a request could lack. */
function isSure({ match: { method } }: RuleConfig, match: RuleConfig['match']): boolean {
  const { host, query, header, cookie, contentType, status } = match
  const isPlain = [host, query, header, cookie, contentType, status].every(each => each === undefined)
  return isPlain && (match.method === undefined || (method ?? []).every(each => match.method!.includes(each)))
}

/** Visitors' cookies lie on disk encrypted, or not at all. */
export function keptSessions({ sites, journal }: Config): Problem[] {
  if (journal.key !== undefined) return []
  return sites.flatMap((site, s) =>
    site.rules.flatMap(({ collect }, r) =>
      collect.when === undefined || collect.repair !== 'visitor'
        ? []
        : [
            problem(
              ['sites', s, 'rules', r, 'collect', 'repair'],
              'the visitors’ cookies are kept for this, and only encrypted: it needs journal.key',
            ),
          ],
    ),
  )
}

/** Whoever is to be written to needs a server that takes letters. */
export function unsentLetters({ sites, mail }: Config): Problem[] {
  if (mail.server !== undefined && mail.from !== undefined) return []
  return sites.flatMap((site, s) =>
    site.rules.flatMap(({ collect }, r) =>
      collect.mail.to === undefined
        ? []
        : [problem(['sites', s, 'rules', r, 'collect', 'mail'], 'mail needs `mail.server` and `mail.from`')],
    ),
  )
}

/** `cardNumber` and `card_number` as words. */
const spaced = (text: string): string => text.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_/-]+/g, ' ')

const problem = (path: Path, message: string): Problem => ({ code: 'contradiction', path, part: 'value', message })
