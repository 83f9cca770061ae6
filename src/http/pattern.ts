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

/** Goes forward greedily; at a mismatch the last star takes one character more. Earlier stars never need to move. */
function globMatches(pattern: string, text: string): boolean {
  let at = 0
  let star = -1
  let resume = 0
  let i = 0
  while (i < text.length) {
    if (pattern[at] === '*') {
      star = at++
      resume = i
    } else if (pattern[at] === text[i]) {
      at++
      i++
    } else if (star !== -1) {
      at = star + 1
      i = ++resume
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}

/** The same over steps, with `**` for the star. */
function stepsMatch(pattern: readonly string[], steps: readonly string[]): boolean {
  let at = 0
  let star = -1
  let resume = 0
  let i = 0
  while (i < steps.length) {
    if (pattern[at] === '**') {
      star = at++
      resume = i
    } else if (at < pattern.length && globMatches(pattern[at]!, steps[i]!)) {
      at++
      i++
    } else if (star !== -1) {
      at = star + 1
      i = ++resume
    } else return false
  }
  while (pattern[at] === '**') at++
  return at === pattern.length
}
