// HalfSipHash-2-4 with 64 bits of output (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, in its form for
// 32-bit words): without the key nobody can choose inputs that collide, and it is quick where numbers have 32 bits.

/** The two halves of a 64-bit hash, each a signed 32-bit number. Written anew by each call of `halfSipHash`. */
export const hashed = { first: 0, second: 0 }

let v0 = 0
let v1 = 0
let v2 = 0
let v3 = 0

/** Hashes `bytes` under the 64-bit key (two words); the result is in `hashed`. */
export function halfSipHash(key0: number, key1: number, bytes: Uint8Array): void {
  v0 = key0
  v1 = key1 ^ 0xee
  v2 = key0 ^ 0x6c796765
  v3 = key1 ^ 0x74656462
  const whole = bytes.length & ~3
  for (let i = 0; i < whole; i += 4)
    take(bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24))
  let last = bytes.length << 24
  for (let i = whole; i < bytes.length; i++) last |= bytes[i]! << (8 * (i - whole))
  take(last)
  v2 ^= 0xee
  hashed.first = finish()
  v1 ^= 0xdd
  hashed.second = finish()
}

function take(word: number): void {
  v3 ^= word
  round()
  round()
  v0 ^= word
}

function finish(): number {
  for (let i = 0; i < 4; i++) round()
  return v1 ^ v3
}

function round(): void {
  v0 = (v0 + v1) | 0
  v1 = rotate(v1, 5) ^ v0
  v0 = rotate(v0, 16)
  v2 = (v2 + v3) | 0
  v3 = rotate(v3, 8) ^ v2
  v0 = (v0 + v3) | 0
  v3 = rotate(v3, 7) ^ v0
  v2 = (v2 + v1) | 0
  v1 = rotate(v1, 13) ^ v2
  v2 = rotate(v2, 16)
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by))
