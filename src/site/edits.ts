// What a rule sets and removes of a header in one mode.

import type { Mode } from '../config/modes.ts'
import type { RuleConfig } from '../config/types.ts'

interface Edits {
  readonly set: readonly (readonly [name: string, value: string])[]
  readonly remove: readonly string[]
}

export function editsIn({ set, remove }: RuleConfig['requestHeaders'], mode: Mode): Edits {
  const values = set.map(([name, value]) => [name, typeof value === 'string' ? value : value[mode]] as const)
  return {
    set: values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
    remove: remove[mode] ?? [],
  }
}
