// Patterns of rules, compiled once. No regular expressions: a pattern matches in time linear in the text for the common
// forms, and at worst in the product of both lengths, whatever a visitor sends.

import { normalPath } from './path.ts'

export type Matcher = (text: string) => boolean

/** A pattern in which `*` stands for any characters, none included. */
export function compileGlob(pattern: string): Matcher {
  const first = pattern.indexOf('*')
  if (first === -1) return text => text === pattern
  if (first === pattern.length - 1) {
    const start = pattern.slice(0, -1)
    return text => text.startsWith(start)
  }
  if (first === 0 && pattern.lastIndexOf('*') === 0) {
    const end = pattern.slice(1)
    return text => text.endsWith(end)
  }
  return text => globMatches(pattern, text)
}

/** Any of several patterns; null when there are none. */
export function compileGlobs(patterns: readonly string[]): Matcher | null {
  if (patterns.length === 0) return null
  const exact = new Set(patterns.filter(pattern => !pattern.includes('*')))
  const globs = patterns.filter(pattern => pattern.includes('*')).map(compileGlob)
  return text => exact.has(text) || globs.some(matches => matches(text))
}

/** A pattern for paths in their normal form: `*` within a step, `**` for any number of steps, none included. */
export function compilePath(pattern: string): Matcher {
  const normal = normalPath(pattern)
  if (!normal.includes('*')) return path => path === normal
  const below = normal.slice(0, -'/**'.length)
  if (normal.endsWith('/**') && !below.includes('*'))
    return path => path.startsWith(below) && (path.length === below.length || path[below.length] === '/')
  // The common /**/*.css asks for the last step only.
  const last =
    normal.startsWith('/**/') && !normal.includes('/', 4) && !normal.endsWith('**')
      ? compileGlob(normal.slice(4))
      : undefined
  if (last !== undefined) return path => last(path.slice(path.lastIndexOf('/') + 1))
  const steps = normal.split('/')
  return path => stepsMatch(steps, path.split('/'))
}

const isSame = (one: string, other: string): boolean => one === other

const globMatches = (pattern: string, text: string): boolean => wildMatches(pattern, text, '*', isSame)

/** The same over steps, with `**` for the star. */
const stepsMatch = (pattern: readonly string[], steps: readonly string[]): boolean =>
  wildMatches(pattern, steps, '**', globMatches)

/** Goes forward greedily; at a mismatch the last star takes one part more. Earlier stars never need to move. */
function wildMatches(
  pattern: ArrayLike<string>,
  parts: ArrayLike<string>,
  wild: string,
  matches: (pattern: string, part: string) => boolean,
): boolean {
  let at = 0
  let star = -1
  let resume = 0
  let i = 0
  while (i < parts.length) {
    if (pattern[at] === wild) {
      star = at++
      resume = i
    } else if (at < pattern.length && matches(pattern[at]!, parts[i]!)) {
      at++
      i++
    } else if (star !== -1) {
      at = star + 1
      i = ++resume
    } else return false
  }
  while (pattern[at] === wild) at++
  return at === pattern.length
}
