// The JSON Schema of the config file (draft 2020-12), made from the table: editors complete, explain and underline with it.

import type { JsonSchema } from './kind.ts'
import type { AnyGroup, Node } from './shape.ts'
import { root } from './table/root.ts'

/** The schema for a whole config file. */
export function configSchema(): JsonSchema {
  const definitions: Definitions = {}
  const { properties, ...schema } = schemaOf(root, '', definitions) as { properties: Record<string, JsonSchema> }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Breakwater config',
    ...schema,
    properties: { $schema: { type: 'string' }, ...properties },
    $defs: definitions,
  }
}

/** What stands in lists, by the list's name, so that it is written out once. */
type Definitions = Record<string, JsonSchema>

function schemaOf(node: Node, name: string, definitions: Definitions): JsonSchema {
  if (node.node === 'option') {
    const preset = node.default === undefined ? {} : { default: node.default }
    return { description: node.prose, ...node.kind.schema, ...preset }
  }
  if (node.node === 'group') return groupSchema(node, definitions)
  definitions[name] = groupSchema(node.group, definitions)
  const one = { $ref: `#/$defs/${name}` }
  return { description: node.prose, anyOf: [{ type: 'array', items: one, maxItems: node.max }, one] }
}

function groupSchema(group: AnyGroup, definitions: Definitions): JsonSchema {
  const members = Object.entries<Node>(group.members)
  const required = members.filter(([, member]) => member.node === 'option' && member.required).map(([name]) => name)
  const properties = Object.fromEntries(members.map(([name, member]) => [name, schemaOf(member, name, definitions)]))
  const map = {
    type: 'object',
    properties,
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
  }
  if (group.shorthand === null) return { description: group.prose, ...map }
  return {
    description: group.prose,
    anyOf: [schemaOf(group.members[group.shorthand]!, group.shorthand, definitions), map],
  }
}
