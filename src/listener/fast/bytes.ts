// What each byte may be in a request head, as one table of bits: the fast lane looks every byte up instead of asking
// a chain of questions. Sources: RFC 9110 section 5.6.2 (token), RFC 3986 sections 2.2-2.3 and 3.3-3.4 (target),
// RFC 9110 section 5.5 (field value; obs-text is left to the slow lane).

/** May stand in a field name. */
export const TOKEN = 1
/** May stand in an origin-form target as the fast lane takes it. */
export const TARGET = 2
/** May stand in a field value as the fast lane takes it. */
export const VALUE = 4

export const byteClass: Uint8Array = makeTable()

function makeTable(): Uint8Array {
  const table = new Uint8Array(256)
  const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  mark(table, alphanumeric + "!#$%&'*+-.^_`|~", TOKEN)
  mark(table, alphanumeric + "-._~!$&'()*+,;=:@/?%", TARGET)
  for (let byte = 0x20; byte < 0x7f; byte++) table[byte]! |= VALUE
  table[0x09]! |= VALUE
  return table
}

function mark(table: Uint8Array, characters: string, bit: number): void {
  for (const character of characters) table[character.charCodeAt(0)]! |= bit
}
