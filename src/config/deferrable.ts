// What of a collect rule can be seen to be wrong: a rule for requests that are no forms, and forms that must not wait.

import type { Path } from './kind.ts'
import type { Problem } from './read.ts'
import { NOT_DEFERRABLE } from './table/collect.ts'
import type { Config, RuleConfig } from './types.ts'

/** Words in a rule's name, paths and fields that give away what it is for. */
const SIGNS: Record<(typeof NOT_DEFERRABLE)[number], RegExp> = {
  payment: /pay(ment|pal)?\b|checkout|credit.?card|card.?number|\bcv[vc]2?\b|\biban\b/i,
  login: /log.?in\b|sign.?in\b|log.?on\b|session|\bauth\b|authenticate|\botp\b/i,
  password: /passw(or)?d|passphrase|\bpwd\b|\bpin\b/i,
}

const METHODS = new Set(['POST', 'PUT', 'PATCH'])

/** `path` is the rule's. */
export function collectContradictions(rule: RuleConfig, path: Path): Problem[] {
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
        `this looks like a ${each}, which must not be answered later than it is asked; if it is meant, add evenThough: [${each}]`,
      ),
    ),
  ]
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
