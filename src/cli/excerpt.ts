// Errors of a config for a person to read: what is wrong, the line it stands in, and a caret below the place.

import type { Colours } from './colours.ts'
import { CONFIG_WARNINGS } from '../config/errors.ts'
import type { ConfigError } from '../config/errors.ts'

/** Longest piece of a line that is shown; longer lines are cut around the place. */
const WIDTH = 100

/** All of them, with an empty line between. `text` is the file's, where there is one. */
export function describeErrors(errors: readonly ConfigError[], text: string | undefined, colours: Colours): string {
  const lines = text?.split(/\r?\n/)
  return errors.map(error => describe(error, lines, colours)).join('\n\n')
}

function describe(error: ConfigError, lines: readonly string[] | undefined, colours: Colours): string {
  const at = error.line === undefined ? '' : `:${error.line}:${error.column ?? 1}`
  const place = error.path === '' ? '' : `${error.path}: `
  const tone = error.code in CONFIG_WARNINGS ? colours.yellow : colours.red
  const head = `${colours.bold(error.file + at)}  ${tone(error.code)}\n  ${place}${error.message}`
  return [head, ...excerpt(error, lines, colours), ...advice(error)].join('\n')
}

function advice({ expected, nearest }: ConfigError): string[] {
  if (nearest !== undefined) return [`  did you mean ${nearest}?`]
  return expected === undefined ? [] : [`  expected ${expected}`]
}

/** The line and the caret. Tabs are kept as they are in both, so that the caret stands below its place. */
function excerpt(
  { code, line, column = 1 }: ConfigError,
  lines: readonly string[] | undefined,
  colours: Colours,
): string[] {
  const whole = line === undefined ? undefined : lines?.[line - 1]
  if (whole === undefined) return []
  // A secret that stands where it should not is not shown again.
  const source = code === 'plain-secret' ? `${whole.slice(0, column - 1)}…` : whole
  const start = column > WIDTH - 20 ? column - WIDTH / 2 : 0
  const shown = source.slice(start, start + WIDTH)
  const margin = `  ${line} | `
  const before = shown.slice(0, column - 1 - start).replaceAll(/[^\t]/g, ' ')
  return [`${colours.dim(margin)}${printable(shown)}`, `${' '.repeat(margin.length)}${before}${colours.red('^')}`]
}

/** Control characters, which could take over the terminal, as a mark. */
const printable = (text: string): string => text.replaceAll(/[^\t\P{Cc}]/gu, '\u{FFFD}')
