// The table as rows, one an option, and a walk through a resolved config along the table: for the reference, for what has
// changed between two configs, and for showing one.

import { formatted } from './kind.ts'
import type { Path } from './kind.ts'
import type { AnyGroup, Items, Node, Option } from './shape.ts'
import { root } from './table/root.ts'

export type AnyOption = Option<unknown, unknown, boolean>

/** A group, or an option of it, with its path as the reference says it: `sites[].origin.queue.length`. */
export interface Row {
  readonly path: string
  readonly node: AnyOption | AnyGroup | Items<AnyGroup>
}

/** Every row of the table: each group before its members. */
export function* rows(group: AnyGroup = root, above = ''): Generator<Row> {
  for (const [name, node] of Object.entries<Node>(group.members)) {
    const path = above + name
    yield { path, node }
    if (node.node === 'group') yield* rows(node, `${path}.`)
    if (node.node === 'items') yield* rows(node.group, `${path}[].`)
  }
}

/** One option's value in a resolved config. */
export interface Value {
  readonly path: Path
  readonly option: AnyOption
  readonly value: unknown
}

/** Every value of the resolved config, in the table's order. */
export function* values(node: Node, value: unknown, path: Path = []): Generator<Value> {
  if (node.node === 'option') yield { path, option: node, value }
  else if (node.node === 'items')
    for (const [index, each] of (value as unknown[]).entries()) yield* values(node.group, each, [...path, index])
  else
    for (const [name, member] of Object.entries<Node>(node.members))
      yield* values(member, (value as Record<string, unknown>)[name], [...path, name])
}

/** The value in the words of the config file; secrets show only where they come from. */
export function shown({ option, value }: Value): string {
  if (value === undefined || value === null) return option.none ?? '(not set)'
  return formatted(option.kind, value)
}
