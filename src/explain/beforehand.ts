// What is decided of a request before the origin is asked: the site, its rules, the key, what stands in the way. Pure.

import { keyFields, keyTarget } from '../cache/key.ts'
import { carriesOwnCookie } from '../cache/policy/credentials.ts'
import { responsibleFor } from '../cache/policy/responsible.ts'
import { objectionToCopy } from '../cache/policy/strangers.ts'
import type { Settings } from '../config/types.ts'
import { cookiesOf } from '../http/cookies.ts'
import type { Fields } from '../http/fields.ts'
import { reasoned } from './decision.ts'
import type { Decision } from './decision.ts'

/** A request as the line of rooms sees it. */
export interface Asked {
  readonly method: string
  readonly host: string
  /** Origin-form. */
  readonly target: string
  readonly fields: Fields
}

/** The decisions of the rooms before the cache, and of those behind it that stand before the origin. */
export function beforehand(asked: Asked, settings: Settings): Decision[] {
  return [
    ...byRules(settings),
    ...ofRate(settings),
    ...ofDoor(settings),
    ...ofKey(asked, settings),
    ...ofForm(settings),
    ...ofClass(settings),
  ]
}

/** Which rule is behind which value. */
function byRules({ why }: Settings): Decision[] {
  const byRule = Map.groupBy(Object.entries(why), ([, rule]) => rule)
  if (byRule.size === 0) return [{ room: 'site', says: 'No rule gives a value for this request.' }]
  return [...byRule].map(([rule, values]) => ({
    room: 'site',
    says: `Given by a rule: ${values.map(([name]) => name).join(', ')}.`,
    because: [{ kind: 'rule', name: rule }],
  }))
}

function ofRate({ rate, why }: Settings): Decision[] {
  if (rate === null) return []
  const windows = rate.windows.map(({ count, ms }) => `${count} in ${ms / 1000} s`).join(', ')
  const rule = why['rate.limit']
  return [
    {
      room: 'client',
      says: `Counted against a rate limit by ${rate.by.join(' and ')}: ${windows}.`,
      because: rule === undefined ? [] : [{ kind: 'rule', name: rule }],
    },
  ]
}

function ofDoor({ waitingRoom, why }: Settings): Decision[] {
  if (waitingRoom === null) return []
  const rule = why['waitingRoom']
  const says = `Behind the waiting room "${waitingRoom.name}"${waitingRoom.gate === 'all' ? ', stored pages too' : ''}.`
  return [{ room: 'door', says, because: rule === undefined ? [] : [{ kind: 'rule', name: rule }] }]
}

const ofForm = ({ collect }: Settings): Decision[] =>
  collect === null
    ? []
    : [
        {
          room: 'collect',
          says: collect.onlyInOverload
            ? 'Taken into the journal while the origin bears no more.'
            : 'Taken into the journal, and sent to the origin later.',
          reason: 'collected',
          because: [{ kind: 'rule', name: collect.rule }],
        },
      ]

function ofClass({ routeClass, why }: Settings): Decision[] {
  if (routeClass === null) return []
  const rule = why['class']
  const says = `Of the class "${routeClass}": it waits for the origin in that queue, and has the share of its places.`
  return [{ room: 'admission', says, because: rule === undefined ? [] : [{ kind: 'rule', name: rule }] }]
}

/** Whether the store is looked at, and under which key. */
function ofKey(asked: Asked, settings: Settings): Decision[] {
  if (asked.method !== 'GET' && asked.method !== 'HEAD')
    return [reasoned('cache', 'method-not-stored'), ...invalidation(asked)]
  if (settings.bypass) return [reasoned('cache', 'bypass-by-rule', responsibleFor('bypass-by-rule', [], [], settings))]
  return [keyOf(asked, settings), ...credentials(asked, settings), ...copy(asked, settings)]
}

const invalidation = ({ method }: Asked): Decision[] =>
  ['OPTIONS', 'TRACE'].includes(method)
    ? []
    : [{ room: 'cache', says: 'Unless the answer is an error, what is stored for this address is taken out (RFC 9111, 4.4).' }] // prettier-ignore

function keyOf({ host, target, fields }: Asked, settings: Settings): Decision {
  const kept = keyTarget(target, settings.ignoresQuery)
  const seen = keyFields(fields, settings)
  const dropped = cookieNames(fields).filter(name => !cookieNames(seen).includes(name))
  const left = [
    ...(kept === target ? [] : ['query parameters that make no difference']),
    ...(dropped.length === 0 ? [] : [`the cookies ${dropped.join(', ')}`]),
  ]
  const without = left.length === 0 ? '' : ` Left out, of the key and of what the origin sees: ${left.join(' and ')}.`
  const { keyed } = settings
  const names = keyed === null ? '' : ` A copy for each value of: ${keyed.names.map(shownKey).join(', ')}.`
  return { room: 'cache', says: `Looked for in the store as ${host}${kept}.${without}${names}` }
}

const cookieNames = (fields: Fields): string[] => cookiesOf(fields).map(([name]) => name)

const shownKey = (name: string): string =>
  name.startsWith('cookie;') ? `the cookie ${name.slice('cookie;'.length)}` : name

function credentials({ fields }: Asked, settings: Settings): Decision[] {
  if (!carriesOwnCookie(fields, settings)) return []
  const because = responsibleFor('request-cookie', fields, [], settings)
  const says =
    'The request has a cookie that may be a session: only what says public or s-maxage is stored from its answer.'
  return [{ room: 'cache', says, because, mend: 'Name the cookie in ignoredCookies if it makes no difference.' }]
}

function copy(asked: Asked, settings: Settings): Decision[] {
  if (settings.anonymous === undefined) return []
  const objection = objectionToCopy({ ...asked, settings }, settings.anonymous)
  const rule = responsibleFor('stored-anonymous', [], [], settings)
  if (objection === undefined)
    return [
      { room: 'cache', says: 'Such visitors get the copy that a spike rule keeps for all of them.', because: rule },
    ]
  const why = objection === 'copy-for-strangers' ? responsibleFor('request-cookie', asked.fields, [], settings) : []
  return [reasoned('cache', objection, [...why, ...rule])]
}
