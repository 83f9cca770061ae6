// multipart/form-data (RFC 7578) as far as somebody in between has to read it: where its parts begin, what they are called, and a part
// of our own among them. Names and values are bytes, one a character.

/** What stands before every part, behind the line end that belongs to it; undefined where the type is another or names no boundary. */
export function formBoundary(contentType: string): string | undefined {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) return undefined
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^;\s"]+))/i.exec(contentType) ?? []
  const boundary = quoted ?? plain
  return boundary === undefined || boundary.length > LONGEST_BOUNDARY ? undefined : boundary
}

/** RFC 2046 section 5.1.1. */
const LONGEST_BOUNDARY = 70

export interface PartName {
  readonly name: string
  /** It has a filename: what it holds is a file. */
  readonly isFile: boolean
}

/** The name in the header section of a part; undefined where it has none. Browsers write quotes and line ends in it percent-encoded. */
export function partName(head: string): PartName | undefined {
  const disposition = /^content-disposition:\s*form-data\b(.*)$/im.exec(head)?.[1] ?? ''
  const parameters = new Map<string, string>()
  for (const [, key, quoted, plain] of disposition.matchAll(/;\s*([\w*-]+)=(?:"([^"]*)"|([^;\s"]*))/g))
    parameters.set(key!.toLowerCase(), quoted ?? plain ?? '')
  const name = parameters.get('name')
  if (name === undefined) return undefined
  const isFile = parameters.has('filename') || parameters.has('filename*')
  return { name: name.replaceAll(/%(22|0D|0A)/gi, (_, hex: string) => signOf(hex)), isFile }
}

const signOf = (hex: string): string => String.fromCharCode(Number.parseInt(hex, 16))

/** A part, from the line end before its boundary to the last byte of its value. */
export function partOf(boundary: string, name: string, value: string): string {
  const written = name.replaceAll(/["\r\n]/g, sign => (sign === '"' ? '%22' : sign === '\r' ? '%0D' : '%0A'))
  return `\r\n--${boundary}\r\nContent-Disposition: form-data; name="${written}"\r\n\r\n${value}`
}
