// Reads a parsed config against the table: fills in defaults, turns what is written into values, and gathers everything
// that is wrong, so that all of it can be told at once.

import { nearest } from '../base/nearest.ts'
import type { Config, SiteConfig } from './types.ts'
import { CONFIG_ERRORS } from './errors.ts'
import type { ErrorCode } from './errors.ts'
import { Refusal, isMap, show } from './kind.ts'
import type { Path, Surroundings } from './kind.ts'
import { pathText } from './path.ts'
import type { AnyGroup, Items, Node, Option, Resolved } from './shape.ts'
import { root } from './table/root.ts'

/** Something wrong, before it is known where in the file it stands. */
export interface Problem {
  readonly code: ErrorCode
  readonly path: Path
  /** What to point at: the option's name or its value. */
  readonly part: 'key' | 'value'
  readonly message: string
  readonly expected?: string | undefined
  readonly nearest?: string | undefined
}

export interface Read {
  /** Undefined when there are problems. */
  readonly config: Config | undefined
  /** The sites in their places; those with problems are undefined. */
  readonly sites: readonly (SiteConfig | undefined)[]
  readonly problems: readonly Problem[]
  /** The paths of the options that were written, as text. All others have their default. */
  readonly written: ReadonlySet<string>
}

/** `given` is what a parser made of a config file. */
export function readConfig(given: unknown, surroundings: Surroundings): Read {
  const reader = new Reader(surroundings)
  // Editors find the schema of a JSON file by this member.
  const top = isMap(given) && Object.hasOwn(given, '$schema') ? without$schema(given) : given
  const config = reader.read(root, top, [], 0)
  const { problems, written, sites } = reader
  return { config: config === BROKEN ? undefined : (config as Config), problems, written, sites }
}

/** Stands for a value that could not be read; what depends on it is not read either. */
const BROKEN = Symbol('broken')

class Reader {
  readonly problems: Problem[] = []
  readonly written = new Set<string>()
  sites: readonly (SiteConfig | undefined)[] = []
  readonly #surroundings: Surroundings

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  read(node: Node, given: unknown, path: Path, index: number): unknown {
    if (node.node === 'option') return this.#option(node, given, path)
    return node.node === 'items' ? this.#items(node, given, path) : this.#group(node, given, path, index)
  }

  #option(option: Option<unknown, unknown, boolean>, given: unknown, path: Path): unknown {
    if (given === undefined) {
      if (option.required)
        return this.#wrong({
          code: 'missing-option',
          path,
          part: 'value',
          message: 'must be written',
          expected: option.kind.expected,
        })
      if (option.default === undefined) return undefined
    } else this.written.add(pathText(path))
    const value = option.kind.read(given === undefined ? option.default : given, this.#surroundings)
    if (!(value instanceof Refusal)) return value
    const { code, message, at } = value
    return this.#wrong({
      code,
      message,
      path: [...path, ...at],
      part: 'value',
      expected: value.expected ?? option.kind.expected,
    })
  }

  #group(group: AnyGroup, given: unknown, path: Path, index: number): unknown {
    // `limits:` with nothing behind it is a group in which nothing is written yet.
    const map = this.#asMap(group, given ?? {})
    if (map === undefined)
      return this.#wrong({
        code: 'wrong-type',
        path,
        part: 'value',
        message: `${show(given)} is not a group of options`,
        expected: 'a group of options',
      })
    let broken = this.#unknown(group, map, path)
    const values: Record<string, unknown> = {}
    for (const [name, member] of Object.entries(group.members)) {
      values[name] = this.read(member, Object.hasOwn(map, name) ? map[name] : undefined, [...path, name], 0)
      broken ||= values[name] === BROKEN
    }
    return broken ? BROKEN : group.finish(values, index)
  }

  #asMap(group: AnyGroup, given: unknown): Record<string, unknown> | undefined {
    if (isMap(given)) return given
    return group.shorthand === null || Array.isArray(given) ? undefined : { [group.shorthand]: given }
  }

  #unknown(group: AnyGroup, map: Record<string, unknown>, path: Path): boolean {
    const known = Object.keys(group.members)
    const unknown = Object.keys(map).filter(name => !known.includes(name))
    for (const name of unknown) {
      const near = nearest(name, known)
      const suggestion = near === undefined ? elsewhere(name) : pathText([...path, near])
      const expected = near === undefined ? `one of ${known.join(', ')}` : near
      this.#wrong({
        code: 'unknown-option',
        path: [...path, name],
        part: 'key',
        message: 'there is no such option here',
        expected,
        nearest: suggestion,
      })
    }
    return unknown.length > 0
  }

  #items(items: Items<AnyGroup>, given: unknown, path: Path): unknown {
    const list: unknown[] = Array.isArray(given) ? given : given === undefined || given === null ? [] : [given]
    if (list.length === 0 && items.empty !== undefined)
      return this.#wrong({ code: items.empty, path, part: 'value', message: CONFIG_ERRORS[items.empty] })
    if (list.length > items.max)
      return this.#wrong({
        code: 'out-of-bounds',
        path,
        part: 'value',
        message: `has ${list.length} entries`,
        expected: `${items.max} at most`,
      })
    this.written.add(pathText(path))
    const values = list.map((each, index) => this.read(items.group, each, [...path, index], index))
    if (items === root.members.sites)
      this.sites = values.map(each => (each === BROKEN ? undefined : (each as SiteConfig)))
    return values.includes(BROKEN) ? BROKEN : values
  }

  #wrong(problem: Problem): typeof BROKEN {
    this.problems.push(problem)
    return BROKEN
  }
}

/** Where in the table an option of exactly this name stands, for options written one level too high or too low. */
function elsewhere(name: string): string | undefined {
  const search = (node: Node, path: string): string | undefined => {
    if (node.node === 'option') return undefined
    const group = node.node === 'items' ? node.group : node
    const below = (member: string) => (path === '' ? member : `${path}.${member}`)
    if (Object.hasOwn(group.members, name)) return below(name)
    for (const [member, child] of Object.entries(group.members)) {
      const found = search(child, below(member) + (child.node === 'items' ? '[]' : ''))
      if (found !== undefined) return found
    }
    return undefined
  }
  return search(root, '')
}

function without$schema(given: Record<string, unknown>): Record<string, unknown> {
  const { $schema: _, ...rest } = given
  return rest
}

/** One group of the table by itself, as it comes by the admin address. `value` is undefined when there are problems. */
export function readAlone<G extends AnyGroup>(
  group: G,
  given: unknown,
  surroundings: Surroundings,
): { value: Resolved<G> | undefined; problems: readonly Problem[] } {
  const reader = new Reader(surroundings)
  const value = reader.read(group, given, [], 0)
  return { value: value === BROKEN ? undefined : (value as Resolved<G>), problems: reader.problems }
}
