// Header fields as they lie in a record: field lines as they will be sent, latin1, each ended by CRLF.

import type { Fields } from '../http/fields.ts'

/** The lines of `fields`, ready to stand in a head. */
export function toLines(fields: Fields): string {
  let lines = ''
  for (let i = 0; i < fields.length; i += 2) lines += `${fields[i]}: ${fields[i + 1]}\r\n`
  return lines
}

/** The flat list back from the lines that `toLines` wrote. */
export function fromLines(bytes: Uint8Array): Fields {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const fields: Fields = []
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\r\n', from)
    const colon = text.indexOf(': ', from)
    fields.push(text.slice(from, colon), text.slice(colon + 2, end))
    from = end + 2
  }
  return fields
}
