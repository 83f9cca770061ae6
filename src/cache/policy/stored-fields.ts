// Which fields of the origin's response are stored, and so sent again to others (RFC 9111 section 3.1).

import { coveredFields } from '../../http/cachecontrol.ts'
import { without } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { withoutHopByHop } from '../../http/hopbyhop.ts'
import { responsePolicy } from '../../http/targeted.ts'

/**
 * Never stored, whatever the directives say. A cookie is set for the visitor whose request fetched the response and for
 * nobody after (invariant 1); Age is part of the record's numbers and is written anew at every use. Tags are for caches, and
 * are kept as hashes.
 */
const NEVER = new Set(['set-cookie', 'set-cookie2', 'age', 'surrogate-key', 'xkey', 'cache-tag'])

/**
 * The fields to store, in their order: none of the connection's, none of those above, none that `no-cache="…"` or
 * `private="…"` names (RFC 9111 sections 5.2.2.4 and 5.2.2.7; without them the rest may be used like any other response).
 */
export function storedFields(fields: Fields): Fields {
  const { control } = responsePolicy(fields)
  const named = new Set<string>()
  for (const directive of ['no-cache', 'private']) {
    const covered = coveredFields(control, directive)
    if (covered !== undefined && covered !== 'all') for (const name of covered) named.add(name)
  }
  return without(withoutHopByHop(fields), name => NEVER.has(name) || named.has(name))
}
