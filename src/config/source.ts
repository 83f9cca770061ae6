// A config file as text: parsed into plain values, with the way back from an option's path to its line and column. JSON is
// parsed by the YAML parser too, because that one keeps positions and YAML 1.2 contains JSON.

import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Document, Node, Pair, YAMLError } from 'yaml'
import type { ConfigError, ErrorCode } from './errors.ts'
import { jsonFault } from './json.ts'
import type { Path } from './kind.ts'

interface Position {
  readonly line: number
  readonly column: number
}

/** A parsed config: the values, and where they stand. */
export interface Source {
  readonly file: string
  /** Missing where positions mean nothing, as in a module. */
  readonly text?: string
  readonly value: unknown
  /** Where the option, or the nearest group around it that is written, stands. */
  locate(path: Path, part: 'key' | 'value'): Position | undefined
}

/** Deeper nesting than any config has; the parser works by recursion and would run out of stack at some thousands. */
const DEEPEST = 100

/** The source, or everything wrong with its form. */
export function parseSource(file: string, text: string): Source | ConfigError[] {
  const bare = text.startsWith('\uFEFF') ? text.slice(1) : text
  const json = file.endsWith('.json') ? jsonError(file, bare) : undefined
  if (json !== undefined) return [json]
  if (deepest(bare) > DEEPEST) return [syntax(file, `is nested more than ${DEEPEST} levels deep`)]
  const lines = new LineCounter()
  const document = parseDocument(bare, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  const wrong = [...document.errors, ...document.warnings].map(error => yamlError(file, error, lines))
  return wrong.length > 0 ? wrong : fromDocument(file, bare, document, lines)
}

function fromDocument(file: string, text: string, document: Document, lines: LineCounter): Source | ConfigError[] {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 })
    return { file, text, value, locate: (path, part) => locate(document, lines, path, part) }
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    return [{ code: 'alias-bomb', file, path: '', message: 'aliases repeat too much' }]
  }
}

function yamlError(file: string, error: YAMLError, lines: LineCounter): ConfigError {
  const { line, col } = lines.linePos(error.pos[0])
  const code: ErrorCode = error.code === 'DUPLICATE_KEY' ? 'duplicate-key' : 'syntax'
  const message = code === 'duplicate-key' ? 'this name stands in the group already' : error.message
  return { code, file, line, column: col, path: '', message }
}

const syntax = (file: string, message: string, position?: Position): ConfigError => ({
  code: 'syntax',
  file,
  path: '',
  message,
  ...position,
})

/** What is not JSON although the file is named so. */
function jsonError(file: string, text: string): ConfigError | undefined {
  const fault = jsonFault(text)
  if (fault === undefined) return undefined
  const before = text.slice(0, fault.offset)
  const position = { line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') }
  return { ...syntax(file, 'this is not JSON', position), expected: fault.expected }
}

/** The deepest that brackets nest and lines indent, counted roughly and never too low for what the parser recurses on. */
function deepest(text: string): number {
  let open = 0
  let most = 0
  for (const char of text) {
    if (char === '[' || char === '{') most = Math.max(most, ++open)
    else if ((char === ']' || char === '}') && open > 0) open--
  }
  // Each level of a block costs a column at least: one of indent, or a dash of its own as in "- - - -".
  const indents = text.split('\n').map(line => /^[ -]*(?:[?:] +)*/.exec(line)![0].replaceAll(/[^ -]/g, '').length)
  return Math.max(most, indents.reduce((a, b) => Math.max(a, b), 0) / 2)
}

function locate(document: Document, lines: LineCounter, path: Path, part: 'key' | 'value'): Position | undefined {
  let node: Node | null = document.contents
  let offset = node?.range?.[0]
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document) ?? null
    // A single entry written without the brackets of a list is the list's first.
    if (typeof step === 'number' && !isSeq(node)) continue
    const pair: Pair<Node, Node | null> | undefined = isMap<Node, Node | null>(node)
      ? node.items.find(item => isScalar(item.key) && String(item.key.value) === String(step))
      : undefined
    const value: Node | null | undefined = isSeq<Node>(node) ? node.items[Number(step)] : pair?.value
    if (pair === undefined && value === undefined) break
    const last = depth === path.length - 1
    const target: Node | null | undefined =
      pair !== undefined && ((last && part === 'key') || value === null) ? pair.key : value
    offset = target?.range?.[0] ?? offset
    node = value ?? null
  }
  if (offset === undefined) return undefined
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}
