// A kind of value: how a value as written becomes one the program uses, what is accepted in words, and the same for
// editors as JSON Schema. Every option of the table has one.

import type { ErrorCode } from './errors.ts'

/** A JSON Schema (draft 2020-12) as plain data. */
export type JsonSchema = { readonly [key: string]: unknown }

/** Where a value stands: member names and list indices from the top of the config. */
export type Path = readonly (string | number)[]

/** What kinds may ask of the machine. Handed in, so that a test can be any machine. */
export interface Surroundings {
  /** Environment variables, for `{ env: NAME }`. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Bytes of memory this process may count on. */
  readonly memory: number
  /** CPUs this process may use. */
  readonly cpus: number
  /** A path as written, made absolute: relative ones start at the config file's folder. */
  resolvePath(path: string): string
  /** The text of a file named in the config. Throws what node:fs throws, or RangeError when it is over 1 MiB. */
  readFile(path: string): string
}

/** A value that cannot be taken, and what to say about it. */
export class Refusal {
  readonly code: ErrorCode
  /** What is wrong, as a sentence without the path: "10 has no unit". */
  readonly message: string
  /** What would have been taken, when it is not the kind's own description. */
  readonly expected: string | undefined
  /** Where inside the value, for lists and maps. */
  readonly at: Path

  constructor(code: ErrorCode, message: string, expected?: string, at: Path = []) {
    this.code = code
    this.message = message
    this.expected = expected
    this.at = at
  }

  /** The same refusal, one step further out. */
  below(step: string | number): Refusal {
    return new Refusal(this.code, this.message, this.expected, [step, ...this.at])
  }
}

/** T is what the program gets, I what one may write in a typed config. */
export interface Kind<T, I> {
  /** The word for it in the reference: "duration". */
  readonly name: string
  /** What is accepted, to complete "expected …": "a duration such as 10s, from 1s to 1h". */
  readonly expected: string
  /** The bounds in words, for the reference. */
  readonly bounds?: string
  readonly schema: JsonSchema
  read(given: unknown, surroundings: Surroundings): T | Refusal
  /** The value in the words of the config file, for `breakwater check --print`; without it, as JSON. */
  format?(value: T): string
  /** Never set; carries the type I. */
  readonly input?: I
}

/** How a value is named in a message: short, on one line. */
export function show(given: unknown): string {
  if (given === undefined) return 'nothing'
  if (Array.isArray(given)) return 'a list'
  if (typeof given === 'object' && given !== null) return 'a group of options'
  const text = JSON.stringify(given) ?? typeof given
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** Whether the value is a plain map from names to values, as a parser makes it. */
export function isMap(given: unknown): given is Record<string, unknown> {
  return typeof given === 'object' && given !== null && !Array.isArray(given)
}

/** A value in the words of the config file. */
export function formatted<T>(kind: Kind<T, unknown>, value: T): string {
  return kind.format === undefined ? (JSON.stringify(value) ?? '') : kind.format(value)
}
