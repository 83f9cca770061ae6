// Kinds in the words of HTTP: methods, field names, paths and patterns for rules.

import { Refusal, isMap, show } from '../kind.ts'
import type { Kind } from '../kind.ts'
import type { PerMode } from '../modes.ts'
import { perMode } from './per-mode.ts'
import type { PerModeInput } from './per-mode.ts'
import { text } from './scalar.ts'

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/** Fields a rule may not touch: framing and connection are the proxy's business (RFC 9110 section 7.6.1, RFC 9112). */
const RESERVED = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** A method; compared with case, as RFC 9110 section 9.1 has it. */
export const method = () => text('method', 'a method such as GET or POST, in capitals', /^[A-Z][A-Z-]*$/, 40)

/** A path that a request may have, to be asked for as it stands. */
export const requestPath = () => text('request path', 'a path such as /healthz, beginning with /', /^\/[!-~]*$/, 2048)

/** Longest pattern. With as many stars as that, matching one path of 8 KiB stays below a millisecond. */
const PATTERN_LENGTH = 256

/** A pattern for paths: `*` stands for anything but a slash, `**` between slashes for any number of steps. */
export function pathPattern(): Kind<string, string> {
  return {
    name: 'path pattern',
    expected:
      'a path beginning with /, where * stands for anything but a slash and ** between slashes for any number of steps',
    schema: { type: 'string', pattern: '^/', maxLength: PATTERN_LENGTH },
    read: given => {
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not a path pattern`)
      if (given.length > PATTERN_LENGTH)
        return new Refusal('out-of-bounds', `the pattern has more than ${PATTERN_LENGTH} characters`)
      if (!given.startsWith('/')) return new Refusal('bad-pattern', `${show(given)} does not begin with /`)
      if (/[?#]/.test(given)) return new Refusal('bad-pattern', `${show(given)} has a query; match that with \`query\``)
      if (given.split('/').some(step => step.includes('**') && step !== '**'))
        return new Refusal('bad-pattern', '** stands alone between slashes: write /**/*.css for every style sheet')
      return given
    },
  }
}

/** A method and a path pattern as in the first line of a request; `method` is undefined where the path stands alone. */
export interface RequestPattern {
  readonly method: string | undefined
  readonly path: string
}

export function requestPattern(): Kind<RequestPattern, string> {
  const expected = 'a path pattern, perhaps with a method before it: POST /petitions/*/signatures'
  return {
    name: 'method and path pattern',
    expected,
    schema: { type: 'string', pattern: '^([A-Z][A-Z-]* +)?/', maxLength: PATTERN_LENGTH + 41 },
    format: ({ method: word, path }) => (word === undefined ? path : `${word} ${path}`),
    read: (given, surroundings) => {
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is no method and path`)
      const [, word, path = ''] = /^(?:([A-Z][A-Z-]{0,39}) +)?(\/.*)$/.exec(given) ?? []
      if (path === '') return new Refusal('bad-pattern', `${show(given)} is no method and path`)
      const read = pathPattern().read(path, surroundings)
      return read instanceof Refusal ? read : { method: word, path: read }
    },
  }
}

/** A name with stars, for query parameters and cookies: `utm_*`. */
export const namePattern = () =>
  text('name pattern', 'a name, where * stands for anything: utm_*', /^[!-~]+$/, PATTERN_LENGTH)

/** Status codes that a rule is for: `404`, `5xx`, `500-504`; both ends are included. */
export interface StatusRange {
  readonly from: number
  readonly to: number
}

/** One status code, the codes of one class, or a range of codes. */
export function statusRange(): Kind<StatusRange, number | string> {
  return {
    name: 'status',
    expected: 'a status code such as 404, a class such as 5xx, or a range such as 500-504, from 200 to 599',
    schema: { anyOf: [{ type: 'integer', minimum: 200, maximum: 599 }, { type: 'string' }] },
    format: ({ from, to }) => (from === to ? String(from) : `${from}-${to}`),
    read: given => {
      const [, one, other, family] = /^([2-5]\d\d)(?:-([2-5]\d\d))?$|^([2-5])xx$/.exec(String(given)) ?? []
      if (family !== undefined) return { from: Number(family) * 100, to: Number(family) * 100 + 99 }
      const range = { from: Number(one), to: Number(other ?? one) }
      return range.from <= range.to ? range : new Refusal('bad-value', `${show(given)} is no status`)
    },
  }
}

/** A media type without parameters, where * stands for anything; compared without case (RFC 9110 section 8.3.1). */
export const mediaPattern = () =>
  text(
    'media type',
    'a media type such as text/html or image/*',
    /^[a-z0-9*][a-z0-9!#$&^_.+*-]*\/[a-z0-9!#$&^_.+*-]+$/,
    128,
  )

/** A tag of stored responses: no space or comma, which stand between tags in the fields that carry them. */
export const cacheTag = () => text('tag', 'a tag of up to 128 visible characters without comma', /^[!-+\x2d-~]+$/, 128)

/** The name of a cookie, exactly as it is sent. */
export const cookieName = () => text('cookie name', 'the name of a cookie, such as currency', TOKEN, 128)

/** A name and the pattern that its value has to match. `undefined` asks only that it is there. */
export type NameAndValue = [name: string, pattern: string | undefined]

export type ValuePatternsInput = Record<string, string | true>

/** A map of names to patterns for their values: `{ PHPSESSID: true, lang: "de*" }`. Field names are read without case. */
export function valuePatterns(of: 'field' | 'parameter' | 'cookie'): Kind<NameAndValue[], ValuePatternsInput> {
  return {
    name: `map of ${of} names to patterns`,
    expected: `a map of ${of} names to patterns for their values, or to true where being there is enough`,
    bounds: 'at most 32',
    schema: {
      type: 'object',
      additionalProperties: { anyOf: [{ const: true }, { type: 'string', maxLength: PATTERN_LENGTH }] },
      maxProperties: 32,
    },
    read: given =>
      readMap(given, 32, (name, value) => {
        if (of !== 'parameter' && !TOKEN.test(name)) return new Refusal('bad-value', `${show(name)} is no ${of} name`)
        if (value !== true && typeof value !== 'string')
          return new Refusal('wrong-type', `${show(value)} is no pattern`)
        if (value !== true && value.length > PATTERN_LENGTH)
          return new Refusal('out-of-bounds', 'the pattern is too long')
        return [of === 'field' ? name.toLowerCase() : name, value === true ? undefined : value]
      }),
  }
}

/** What a field is set to: in every mode, or by mode. */
type FieldValue = string | PerMode<string>

/** Fields to set, as a map of names to values; a value may differ by mode. */
export function fieldValues(): Kind<
  [name: string, value: FieldValue][],
  Record<string, string | PerModeInput<string>>
> {
  const byMode = perMode(fieldValue)
  return {
    name: 'map of field names to values, also per mode',
    expected: 'a map of field names to values',
    bounds: 'at most 64',
    schema: { type: 'object', additionalProperties: byMode.schema, maxProperties: 64 },
    read: (given, surroundings) =>
      readMap(given, 64, (name, value) => {
        const refused = refuseFieldName(name)
        if (refused !== undefined) return refused
        const found = (isMap(value) ? byMode : fieldValue).read(value, surroundings)
        return found instanceof Refusal ? found : [name, found]
      }),
  }
}

const fieldValue: Kind<string, string> = {
  name: 'field value',
  expected: 'a field value',
  schema: { type: 'string', maxLength: 4096 },
  read: value => {
    if (typeof value !== 'string') return new Refusal('wrong-type', `${show(value)} is not text`)
    // RFC 9110 section 5.5: visible characters, blanks between them; obs-text stays out.
    return /^[!-~]?$|^[!-~][\t -~]{0,4094}[!-~]$/.test(value)
      ? value
      : new Refusal('bad-value', `${show(value)} cannot be a field value`)
  },
}

/** The name of a field that a rule may change. */
export function fieldName(): Kind<string, string> {
  return {
    name: 'field name',
    expected: 'a field name such as X-Powered-By',
    schema: { type: 'string', pattern: TOKEN.source },
    read: given => {
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not a field name`)
      return refuseFieldName(given) ?? given
    },
  }
}

function refuseFieldName(name: string): Refusal | undefined {
  if (!TOKEN.test(name)) return new Refusal('bad-value', `${show(name)} is not a field name`)
  if (RESERVED.has(name.toLowerCase())) return new Refusal('bad-value', `${name} is kept by Breakwater itself`)
  return name.toLowerCase().startsWith('breakwater-')
    ? new Refusal('bad-value', `${name} is kept by Breakwater itself`)
    : undefined
}

function readMap<T>(given: unknown, max: number, read: (name: string, value: unknown) => T | Refusal): T[] | Refusal {
  if (!isMap(given)) return new Refusal('wrong-type', `${show(given)} is not a map`)
  const entries = Object.entries(given)
  if (entries.length > max) return new Refusal('out-of-bounds', `has ${entries.length} names, of ${max} at most`)
  const result: T[] = []
  for (const [name, value] of entries) {
    const one = read(name, value)
    if (one instanceof Refusal) return one.below(name)
    result.push(one)
  }
  return result
}
