// The source text of one open tag, changed in one attribute: all other bytes stay as the site wrote them.

/** Attributes as browsers read them: a name, perhaps with a value in double, single or no quotes. */
const ATTRIBUTE = /[\s/]+([^\s"'<>/=]+)(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?/g

/** `tag` from its `<` to its `>`. The first attribute of the name counts, as in browsers; where there is none it is added. */
export function withAttribute(tag: string, name: string, value: string): string {
  const written = ` ${name}="${value.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"`
  const begin = /^<[^\s/>]+/.exec(tag)?.[0].length ?? tag.length
  ATTRIBUTE.lastIndex = begin
  for (let match = ATTRIBUTE.exec(tag); match !== null; match = ATTRIBUTE.exec(tag)) {
    if (match[1]!.toLowerCase() !== name) continue
    return tag.slice(0, match.index) + written + tag.slice(match.index + match[0].length)
  }
  return tag.slice(0, begin) + written + tag.slice(begin)
}

/** A stretch of text, and what stands there instead. */
export interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** The text with the edits made. One that begins inside an earlier one is left out: what holds it has gone. */
export function edited(text: string, edits: readonly Edit[]): string {
  const parts: string[] = []
  let at = 0
  for (const edit of edits.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    if (edit.from < at) continue
    parts.push(text.slice(at, edit.from), edit.text)
    at = edit.to
  }
  return parts.join('') + text.slice(at)
}
