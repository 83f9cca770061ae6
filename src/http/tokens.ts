// The two smallest words of the HTTP grammar: token and quoted-string (RFC 9110 sections 5.6.2 and 5.6.4). Whatever reads
// a field value starts here, so that every reader has one idea of what a legal name is.

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** qdtext and quoted-pair between two double quotes; obs-text (0x80-0xFF) is legal in both. */
const QUOTED = /^"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"$/

/** True for a token (RFC 9110 section 5.6.2): one or more letters, digits or the listed signs. */
export const isToken = (text: string): boolean => TOKEN.test(text)

/** The text inside a quoted-string, its escapes undone; undefined when it is no complete quoted-string. */
export function unquote(text: string): string | undefined {
  return QUOTED.test(text) ? text.slice(1, -1).replace(/\\(.)/gs, '$1') : undefined
}

/** The text as a quoted-string. Characters that no quoted-string may hold are replaced by `?`. */
export function quote(text: string): string {
  return `"${text.replace(/[^\t \x21-\x7e\x80-\xff]/g, '?').replace(/["\\]/g, '\\$&')}"`
}

/** The text without leading and trailing spaces and tabs (OWS, RFC 9110 section 5.6.3), and no other white space. */
export const trimSpace = (text: string): string => text.replace(/^[ \t]+/, '').replace(/(?<![ \t])[ \t]+$/, '')
