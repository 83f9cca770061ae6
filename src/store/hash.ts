// The hash of a cache key: FNV-1a over its bytes, begun from a number drawn at start, so that nobody outside can choose
// URLs that fall into one slot. Written so that a key can be hashed in two pieces, the site's prefix first and the target's
// bytes right where they lie in the socket's buffer.

const PRIME = 0x01000193

/** Goes on with `hash` over bytes[from, to). */
export function hashBytes(hash: number, bytes: Uint8Array, from: number, to: number): number {
  let h = hash
  for (let i = from; i < to; i++) h = Math.imul(h ^ bytes[i]!, PRIME)
  return h
}

/** FNV's low bits mix worst and the index uses them: fold the high ones in. Never 0, which marks an empty slot. */
export function finishHash(hash: number): number {
  const folded = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (folded ^ (folded >>> 13)) | 0 || 1
}
