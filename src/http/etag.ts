// Entity tags (RFC 9110 section 8.8.3): parsing, both comparisons, and the list of If-None-Match. A backslash is a plain
// character in them, so they cannot be read as quoted-strings. Origins and clients that forget the quotes are common:
// an unquoted tag is read as if it had them, for the weak comparison only, where the worst outcome is one 200 less.

/** One entity tag. `quoted` is false for a tag that came without its quotes, which no strong comparison accepts. */
export interface EntityTag {
  readonly opaque: string
  readonly weak: boolean
  readonly quoted: boolean
}

// The bare form takes the spaces after it too, so that a long run of spaces is walked over once and not once a character.
const MEMBER = /(?:(W\/)?"([\x21\x23-\x7e\x80-\uffff]*)"[\t ]*|([^\t ",][^",]*))(?:,|$)/y
const SKIP = /[\t ,]*/y

/** The entity tag in an ETag field's value; undefined when it is absent or not one single tag. */
export function parseEntityTag(value: string | undefined): EntityTag | undefined {
  const tags = value === undefined ? undefined : parseEntityTags(value)
  return tags?.length === 1 ? tags[0] : undefined
}

/** The tags of a list, in order; undefined when some part of it is not a tag. */
export function parseEntityTags(value: string): readonly EntityTag[] | undefined {
  const tags: EntityTag[] = []
  for (let at = 0; ; at = MEMBER.lastIndex) {
    SKIP.lastIndex = at
    SKIP.exec(value)
    if (SKIP.lastIndex === value.length) return tags
    MEMBER.lastIndex = SKIP.lastIndex
    const found = MEMBER.exec(value)
    if (found === null) return undefined
    const [, weak, opaque, bare] = found
    if (opaque === undefined) tags.push({ opaque: bare!.trimEnd(), weak: false, quoted: false })
    else tags.push({ opaque, weak: weak !== undefined, quoted: true })
  }
}

/** Strong comparison (RFC 9110 section 8.8.3.2): the same bytes, neither of them weak. */
export const matchesStrongly = (a: EntityTag, b: EntityTag): boolean =>
  a.opaque === b.opaque && !a.weak && !b.weak && a.quoted && b.quoted

/** Weak comparison (RFC 9110 section 8.8.3.2): equivalent, the mark of weakness and missing quotes not counting. */
export const matchesWeakly = (a: EntityTag, b: EntityTag): boolean => a.opaque === b.opaque

/**
 * True when If-None-Match (its lines joined) names the stored tag or is `*`; a stored response without a tag is matched
 * by `*` only (RFC 9110 section 13.1.2). A list that cannot be read matches nothing.
 */
export function listMatches(
  list: string,
  stored: EntityTag | undefined,
  matches: (a: EntityTag, b: EntityTag) => boolean = matchesWeakly,
): boolean {
  if (list.trim() === '*') return true
  if (stored === undefined) return false
  return parseEntityTags(list)?.some(tag => matches(tag, stored)) ?? false
}
