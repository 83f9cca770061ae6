// A new config for a running process: the pure part. Some options shape what was made once at start (sockets, threads,
// the store's memory); for these the running values stay, and the operator is told which ones wait for a restart.

import { isDeepStrictEqual } from 'node:util'
import type { AnyGroup, Node } from '../config/shape.ts'
import { root } from '../config/table/root.ts'
import type { Config } from '../config/types.ts'

/** What was loaded anew: a config, or everything that is wrong with it. */
export type Loading = { config: Config } | { errors: string[] }

/** Where the config of this process comes from. */
export interface ConfigSource {
  load(): Promise<Loading>
}

/** The paths of the options that a running process cannot change, from the option table. */
export const restartPaths: string[][] = pathsBelow(root, [])

function pathsBelow(group: AnyGroup, path: string[]): string[][] {
  return Object.entries(group.members).flatMap(([name, node]: [string, Node]) => {
    const here = [...path, name]
    if (node.node === 'group') return pathsBelow(node, here)
    return node.restart === true ? [here] : []
  })
}

/**
 * `next` with the running values where only a restart can change them. `loaded` is what was loaded for the running config,
 * before ports were drawn: an option has changed when it differs from that. Returns also the paths that changed so.
 */
export function keepUntilRestart(
  next: Config,
  running: Config,
  loaded: Config,
): { config: Config; afterRestart: string[] } {
  const config = structuredClone(next)
  const changed = restartPaths.filter(path => !isDeepStrictEqual(at(next, path), at(loaded, path)))
  for (const path of restartPaths) {
    const group = at(config, path.slice(0, -1)) as Record<string, unknown>
    group[path.at(-1)!] = at(running, path)
  }
  return { config, afterRestart: changed.map(path => path.join('.')) }
}

function at(value: unknown, path: string[]): unknown {
  return path.reduce((inner, name) => (inner as Record<string, unknown>)[name], value)
}
