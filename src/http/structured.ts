// Dictionaries and lists of Structured Fields (RFC 8941 section 4.2), as strict as the RFC: one character out of place and the whole
// field is refused. Parameters are checked and dropped, since no directive of a targeted field uses them (RFC 9213).

/** A bare item. An inner list is kept only as the fact that one stood there. */
export type Item =
  | { readonly type: 'integer' | 'decimal'; readonly value: number }
  | { readonly type: 'string' | 'token' | 'bytes'; readonly value: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'inner list' }

interface Reader {
  readonly text: string
  at: number
}

const KEY = /[a-z*][a-z0-9_\-.*]*/y
const OWS = /[ \t]*/y
const SPACES = / */y
const NUMBER = /-?\d+(?:\.\d+)?/y
const STRING = /"(?:[ !\x23-\x5b\x5d-\x7e]|\\["\\])*"/y
const TOKEN = /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y
const BYTES = /:[A-Za-z0-9+/]*={0,2}:/y
const BOOLEAN = /\?[01]/y

/** The dictionary, a later member replacing an earlier one of the same key; undefined when it fails to parse. */
export function parseDictionary(value: string): Map<string, Item> | undefined {
  const reader = readerOf(value)
  const members = new Map<string, Item>()
  while (reader.at < reader.text.length) {
    const key = take(reader, KEY)
    if (key === undefined) return undefined
    const item: Item | undefined = skip(reader, '=') ? readMember(reader) : { type: 'boolean', value: true }
    if (item === undefined || !skipParameters(reader)) return undefined
    members.delete(key)
    members.set(key, item)
    if (!nextMember(reader)) return undefined
  }
  return members
}

/** The strings of a list, whose other members say nothing; none where it is missing or fails to parse. */
export function parseStrings(value: string | undefined): string[] {
  const reader = readerOf(value ?? '')
  const strings: string[] = []
  while (reader.at < reader.text.length) {
    const item = readMember(reader)
    if (item === undefined || !skipParameters(reader) || !nextMember(reader)) return []
    if (item.type === 'string') strings.push(item.value)
  }
  return strings
}

const readerOf = (value: string): Reader => ({ text: value.replace(/^ +/, '').replace(/(?<! ) +$/, ''), at: 0 })

/** Stands at the next member or at the end; false for anything else, a comma at the end included. */
function nextMember(reader: Reader): boolean {
  take(reader, OWS)
  if (reader.at === reader.text.length) return true
  if (!skip(reader, ',')) return false
  take(reader, OWS)
  return reader.at < reader.text.length
}

const readMember = (reader: Reader): Item | undefined =>
  reader.text[reader.at] === '(' ? readInnerList(reader) : readItem(reader)

function readInnerList(reader: Reader): Item | undefined {
  reader.at++
  for (;;) {
    take(reader, SPACES)
    if (skip(reader, ')')) return { type: 'inner list' }
    if (readItem(reader) === undefined || !skipParameters(reader)) return undefined
    if (reader.text[reader.at] !== ' ' && reader.text[reader.at] !== ')') return undefined
  }
}

function readItem(reader: Reader): Item | undefined {
  const number = take(reader, NUMBER)
  if (number !== undefined) return numberItem(number)
  const string = take(reader, STRING)
  if (string !== undefined) return { type: 'string', value: string.slice(1, -1).replace(/\\(.)/g, '$1') }
  const token = take(reader, TOKEN)
  if (token !== undefined) return { type: 'token', value: token }
  const bytes = take(reader, BYTES)
  if (bytes !== undefined) return { type: 'bytes', value: bytes.slice(1, -1) }
  const boolean = take(reader, BOOLEAN)
  return boolean === undefined ? undefined : { type: 'boolean', value: boolean === '?1' }
}

/** Integers have at most 15 digits, decimals 12 before and 3 after the point (RFC 8941 sections 3.3.1 and 3.3.2). */
function numberItem(text: string): Item | undefined {
  const [whole, fraction] = text.replace('-', '').split('.')
  if (fraction === undefined) return whole!.length > 15 ? undefined : { type: 'integer', value: Number(text) }
  return whole!.length > 12 || fraction.length > 3 ? undefined : { type: 'decimal', value: Number(text) }
}

function skipParameters(reader: Reader): boolean {
  while (skip(reader, ';')) {
    take(reader, SPACES)
    if (take(reader, KEY) === undefined) return false
    if (skip(reader, '=') && readItem(reader) === undefined) return false
  }
  return true
}

function skip(reader: Reader, sign: string): boolean {
  if (reader.text[reader.at] !== sign) return false
  reader.at++
  return true
}

/** What the sticky pattern matches here, or undefined; the reader moves past it. */
function take(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at
  const found = pattern.exec(reader.text)?.[0]
  if (found !== undefined) reader.at += found.length
  return found
}
