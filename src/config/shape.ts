// The shapes the option table is made of: an option, a group of options, a list of groups. The types of the resolved
// config and of what one may write are inferred from the table, so that neither can drift from it.

import type { ErrorCode } from './errors.ts'
import type { Kind } from './kind.ts'

interface Described {
  /** One paragraph for the reference and for editors. */
  readonly prose: string
}

interface OptionFacts extends Described {
  /** How it looks in a file. */
  readonly example: string
  /** How nothing is shown where a value resolves to it. */
  readonly none?: string
  /** True when a change takes effect only at a restart. */
  readonly restart?: boolean
}

/** R says whether one must write it. */
export interface Option<T, I, R extends boolean> extends OptionFacts {
  readonly node: 'option'
  readonly kind: Kind<T, I>
  /** As one would write it; read by the kind like any other value, so that reference and program agree. */
  readonly default: unknown
  readonly required: R
}

/**
 * V is what the program gets for the group, S the name of the member (or null) that may stand for all of it when given by itself:
 * `admin: 127.0.0.1:9900`.
 */
export interface Group<M extends Members, V, S extends string | null> extends Described {
  readonly node: 'group'
  readonly members: M
  readonly shorthand: S
  /** Completes the values read; `index` is the place in the list, 0 outside of one. */
  finish(values: ResolvedMembers<M>, index: number): V
}

export interface Items<G> extends OptionFacts {
  readonly node: 'items'
  readonly group: G
  /** How many there may be. A single one may be written without the brackets. */
  readonly max: number
  /** What it is called when there is none and there has to be one. */
  readonly empty?: ErrorCode
}

export type Node = Option<unknown, unknown, boolean> | AnyGroup | Items<AnyGroup>

export type AnyGroup = Group<Members, unknown, string | null>

export type Members = { readonly [name: string]: Node }

/** What the program gets for a node of the table. */
export type Resolved<N> =
  N extends Option<infer T, unknown, boolean>
    ? T
    : N extends Items<infer G>
      ? Resolved<G>[]
      : N extends Group<infer _M, infer V, string | null>
        ? V
        : never

export type ResolvedMembers<M> = { -readonly [K in keyof M]: Resolved<M[K]> }

/** What one may write for a node of the table. */
export type Input<N> =
  N extends Option<unknown, infer I, boolean>
    ? I
    : N extends Items<infer G>
      ? Input<G> | Input<G>[]
      : N extends Group<infer M, unknown, infer S>
        ? InputMembers<M> | (S extends keyof M ? Input<M[S]> : never)
        : never

type InputMembers<M> = {
  [K in keyof M as M[K] extends Option<unknown, unknown, true> ? K : never]: Input<M[K]>
} & {
  [K in keyof M as M[K] extends Option<unknown, unknown, true> ? never : K]?: Input<M[K]> | undefined
}

/** An option that has a value when nobody writes one. */
export function option<T, I>(kind: Kind<T, I>, facts: OptionFacts & { default: NoInfer<I> }): Option<T, I, false> {
  return { node: 'option', kind, required: false, ...facts }
}

/** An option that may be left out, and then is undefined. */
export function optional<T, I>(kind: Kind<T, I>, facts: OptionFacts): Option<T | undefined, I, false> {
  return { node: 'option', kind, required: false, default: undefined, ...facts }
}

/** An option that must be written. */
export function required<T, I>(kind: Kind<T, I>, facts: OptionFacts): Option<T, I, true> {
  return { node: 'option', kind, required: true, default: undefined, ...facts }
}

export function group<const M extends Members>(prose: string, members: M): Group<M, ResolvedMembers<M>, null> {
  return { node: 'group', prose, members, shorthand: null, finish: values => values }
}

/** The group, with the named member to stand for all of it when it is given alone. */
export function shorthand<M extends Members, V, const S extends keyof M & string>(
  group: Group<M, V, null>,
  member: S,
): Group<M, V, S> {
  return { ...group, shorthand: member }
}

/** The group, its values completed once they are read: with a default that depends on another value, for instance. */
export function finished<M extends Members, V>(
  group: Group<M, ResolvedMembers<M>, null>,
  finish: (values: ResolvedMembers<M>, index: number) => V,
): Group<M, V, null> {
  return { ...group, finish }
}

/** What the group amounts to where nothing of it is written; its defaults ask nothing of the machine. */
export function blank<M extends Members, V>(group: Group<M, V, null>): V {
  const values = Object.fromEntries(
    Object.entries(group.members).map(([name, member]) => {
      if (member.node === 'items') return [name, []]
      if (member.node === 'group') return [name, blank(member as Group<Members, unknown, null>)]
      return [name, member.default === undefined ? undefined : member.kind.read(member.default, NO_MACHINE)]
    }),
  )
  return group.finish(values as ResolvedMembers<M>, 0)
}

const NO_MACHINE = { env: {}, memory: 0, cpus: 0, resolvePath: (path: string) => path, readFile: () => '' }

export function items<G>(group: G, facts: OptionFacts & Pick<Items<G>, 'max' | 'empty'>): Items<G> {
  return { node: 'items', group, ...facts }
}
