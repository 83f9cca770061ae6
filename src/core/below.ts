// Which keys lie below others: those of a site, of a prefix, the variants of a page. Keys are bytes (store/keys.ts).

/** Stands behind the primary key in the keys of variants. */
const NEWLINE = 10

export function beginsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false
  return true
}

/** Is it this primary key, or that of a variant below it? */
export const isAtOrBelow = (key: Uint8Array, primary: Uint8Array): boolean =>
  beginsWith(key, primary) && (key.length === primary.length || key[primary.length] === NEWLINE)

export const asText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** Does it stand below one of these primary keys, which are given as `asText` has them? */
export function isVariantOf(primary: ReadonlySet<string>, key: Uint8Array): boolean {
  const end = key.indexOf(NEWLINE)
  return end !== -1 && primary.has(asText(key.subarray(0, end)))
}
