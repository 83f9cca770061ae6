// The Cookie field (RFC 6265 section 4.2.1): pairs between semicolons, however many lines there are. Nothing is decoded.

import { all } from './fields.ts'
import type { Fields } from './fields.ts'

/** Names and values of every Cookie line. A pair without `=`, or without a name before it, is a name as a whole. */
export const cookiesOf = (request: Fields): [name: string, value: string][] =>
  all(request, 'cookie')
    .flatMap(line => line.split(';'))
    .filter(pair => pair.trim() !== '')
    .map(pair => [cookieName(pair), valueOf(pair)])

/** The name of a cookie in a Cookie or Set-Cookie line, up to its first semicolon. */
export const cookieName = (pair: string): string => pair.split('=', 1)[0]!.trim() || pair.trim()

const valueOf = (pair: string): string => {
  const at = pair.indexOf('=')
  return at === -1 ? '' : pair.slice(at + 1).trim()
}

/** True when a cookie of the request has a name that the test takes. */
export const carriesCookie = (request: Fields, test: (name: string) => boolean): boolean =>
  cookiesOf(request).some(([name]) => test(name))

/** The header without the cookies whose names the test takes; a line of which nothing is left goes. */
export function withoutCookies(request: Fields, drop: (name: string) => boolean): Fields {
  if (!carriesCookie(request, drop)) return request
  const kept: Fields = []
  for (let i = 0; i < request.length; i += 2) {
    const value = request[i]!.toLowerCase() === 'cookie' ? withoutPairs(request[i + 1]!, drop) : request[i + 1]!
    if (value !== '') kept.push(request[i]!, value)
    else if (request[i + 1] === '') kept.push(request[i]!, '')
  }
  return kept
}

const withoutPairs = (line: string, drop: (name: string) => boolean): string =>
  line
    .split(';')
    .filter(pair => pair.trim() !== '' && !drop(cookieName(pair)))
    .map(pair => pair.trim())
    .join('; ')
