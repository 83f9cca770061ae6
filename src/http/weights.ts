// Lists with weights (RFC 9110 section 12.4.2): the form of Accept, Accept-Encoding and Accept-Language.

import { parseList } from './lists.ts'
import { isToken, trimSpace, unquote } from './tokens.ts'

/** One member: `value` lower-case, parameters (other than q) in order, `q` from 0 to 1. */
export interface Weighted {
  readonly value: string
  readonly parameters: readonly (readonly [name: string, value: string])[]
  readonly q: number
}

/** More members are not looked at: browsers send up to 10, and each is compared with every offer. */
const MAX_MEMBERS = 64

const QVALUE = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/
const VALUE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)?$/

/** Members in the order given; undefined when one of them breaks the grammar. */
export function parseWeighted(field: string): readonly Weighted[] | undefined {
  const members: Weighted[] = []
  const list = parseList(field)
  if (list.malformed) return undefined
  for (const member of list.members.slice(0, MAX_MEMBERS)) {
    const weighted = parseMember(member)
    if (weighted === undefined) return undefined
    members.push(weighted)
  }
  return members
}

function parseMember(member: string): Weighted | undefined {
  const [value, ...rest] = splitParameters(member)
  if (!VALUE.test(value!)) return undefined
  const parameters: [string, string][] = []
  let q = 1
  for (const parameter of rest) {
    const equals = parameter.indexOf('=')
    const name = parameter.slice(0, Math.max(0, equals)).toLowerCase()
    const text = parameter.slice(equals + 1)
    const argument = isToken(text) ? text : unquote(text)
    if (!isToken(name) || argument === undefined) return undefined
    if (name !== 'q') parameters.push([name, argument])
    else if (QVALUE.test(argument)) q = Number(argument)
    else return undefined
  }
  return { value: value!.toLowerCase(), parameters, q }
}

/** Splits at the semicolons outside of quotes. */
function splitParameters(member: string): string[] {
  const parts = member.match(/(?:"(?:[^"\\]|\\.)*"|[^;"])+/g) ?? ['']
  return parts.map(trimSpace)
}
