// The Huffman code of HPACK (RFC 7541 appendix B). It is a canonical one: the lengths of its codes say all, codes of one length
// count up in the order of their bytes.

/** Bits of the code of each byte, and of the end of the string, which must not stand in one (section 5.2). */
// prettier-ignore
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
]
const END = 256
const NONE = -1
const LEAF = 1 << 16

/** Half a byte leads from a place within a code to the next; no code is as short, so at most one byte ends with it. */
const steps = makeSteps()

interface Steps {
  /** By 16 times the place and the half byte: where that leads, NONE for nowhere, and the byte that has ended, or NONE. */
  readonly to: Int16Array
  readonly byte: Int16Array
  /** Places at which a string may end: behind a byte, or ones that do not make another (at most 7). */
  readonly mayEnd: Uint8Array
}

function makeSteps(): Steps {
  const tree = makeTree()
  const places = tree.length
  const [to, byte] = [new Int16Array(places * 16).fill(NONE), new Int16Array(places * 16).fill(NONE)]
  for (let place = 0; place < places; place++)
    for (let half = 0; half < 16; half++) {
      let [at, ended] = [place, NONE]
      for (let bit = 3; bit >= 0 && at !== NONE; bit--) {
        const next = tree[at]![(half >> bit) & 1]!
        if (next < LEAF) at = next
        else if (next === LEAF + END) at = NONE
        else [at, ended] = [0, next - LEAF]
      }
      to[place * 16 + half] = at
      byte[place * 16 + half] = ended
    }
  const mayEnd = new Uint8Array(places)
  for (let [at, ones] = [0, 0]; ones < 8; ones++) {
    mayEnd[at] = 1
    at = tree[at]![1]!
  }
  return { to, byte, mayEnd }
}

/** Inner nodes by number, the root first; where 0 and 1 lead: to a node, or to LEAF and a byte. */
function makeTree(): [number, number][] {
  const tree: [number, number][] = [[NONE, NONE]]
  const order = LENGTHS.map((length, byte) => ({ length, byte })).sort((a, b) => a.length - b.length || a.byte - b.byte)
  let [code, bits] = [0, order[0]!.length]
  for (const { length, byte } of order) {
    // Codes of up to 30 bits: no shift beyond 31.
    code <<= length - bits
    bits = length
    let at = 0
    for (let bit = length - 1; bit > 0; bit--) {
      const side = ((code >> bit) & 1) as 0 | 1
      if (tree[at]![side] === NONE) tree[at]![side] = tree.push([NONE, NONE]) - 1
      at = tree[at]![side]
    }
    tree[at]![(code & 1) as 0 | 1] = LEAF + byte
    code++
  }
  return tree
}

/** Writes what bytes[from, to) stand for into `into` and returns how many bytes that is; NONE (-1) where they are no code. */
export function unfold(bytes: Uint8Array, from: number, to: number, into: Uint8Array): number {
  const { to: next, byte, mayEnd } = steps
  let [place, length] = [0, 0]
  for (let i = from; i < to; i++) {
    const both = bytes[i]!
    for (const half of [both >> 4, both & 15]) {
      const step = place * 16 + half
      place = next[step]!
      if (place === NONE) return NONE
      const ended = byte[step]!
      if (ended !== NONE) into[length++] = ended
    }
  }
  return mayEnd[place] === 1 ? length : NONE
}

/** A string of so many bytes is at most so long: the shortest code has 5 bits. */
export const unfolded = (bytes: number): number => Math.ceil((bytes * 8) / 5)
