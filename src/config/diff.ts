// What has changed between two configs, and which of it takes a restart to take effect.

import { isDeepStrictEqual } from 'node:util'
import type { AnyGroup, Node } from './shape.ts'
import { root } from './table/root.ts'
import type { Config } from './types.ts'

export interface Change {
  /** The option, with the site or rule by its name: `sites[main].mode`. */
  readonly path: string
  readonly kind: 'added' | 'removed' | 'changed'
  /** True when the new value holds only after a restart. */
  readonly restart: boolean
}

/** Every option whose value differs, in the table's order. */
export function diffConfig(old: Config, fresh: Config): Change[] {
  return [...changes(root, old, fresh, '')]
}

function* changes(node: Node, old: unknown, fresh: unknown, path: string): Generator<Change> {
  if (isDeepStrictEqual(old, fresh)) return
  if (node.node === 'option') yield { path, kind: 'changed', restart: node.restart === true }
  else if (node.node === 'items') yield* listChanges(node.group, byName(old), byName(fresh), path)
  else
    for (const [name, member] of Object.entries<Node>(node.members))
      yield* changes(member, memberOf(old, name), memberOf(fresh, name), path === '' ? name : `${path}.${name}`)
}

function* listChanges(
  group: AnyGroup,
  old: Map<string, unknown>,
  fresh: Map<string, unknown>,
  path: string,
): Generator<Change> {
  for (const name of old.keys())
    if (!fresh.has(name)) yield { path: `${path}[${name}]`, kind: 'removed', restart: false }
  for (const [name, value] of fresh) {
    if (old.has(name)) yield* changes(group, old.get(name), value, `${path}[${name}]`)
    else yield { path: `${path}[${name}]`, kind: 'added', restart: false }
  }
  const [before, after] = [old, fresh].map(map => [...map.keys()])
  const moved =
    before!.length === after!.length && before!.some((name, i) => after!.includes(name) && name !== after![i])
  if (moved) yield { path, kind: 'changed', restart: false }
}

const memberOf = (value: unknown, name: string): unknown => (value as Record<string, unknown>)[name]

/** Sites and rules by name, origins by URL. */
function byName(value: unknown): Map<string, unknown> {
  return new Map(
    (value as { name?: string; url?: { href: string } }[]).map(each => [each.name ?? each.url?.href ?? '', each]),
  )
}
