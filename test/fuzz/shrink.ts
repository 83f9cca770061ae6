// Makes a failing stream as small as it gets while it still fails: fewer cuts, fewer bytes.

import type { Stream } from './streams.ts'

/** `most`: streams tried at most; each takes about a millisecond in memory and a quarter of a second over sockets. */
export async function shrink(
  stream: Stream,
  fails: (stream: Stream) => Promise<boolean>,
  most: number,
): Promise<Stream> {
  let least = stream
  let tries = 0
  const attempt = async (smaller: Stream): Promise<boolean> => {
    if (++tries > most || !(await fails(smaller))) return false
    least = smaller
    return true
  }
  if (!(await attempt({ ...least, cuts: [], paced: false }))) await attempt({ ...least, cuts: [] })
  for (let i = least.cuts.length - 1; i >= 0; i--) await attempt({ ...least, cuts: least.cuts.toSpliced(i, 1) })
  for (let size = least.bytes.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= least.bytes.length;) {
      if (!(await attempt(without(least, at, size)))) at += size
    }
  }
  return least
}

/** The stream without these bytes, its cuts moved along. */
function without(stream: Stream, at: number, size: number): Stream {
  const bytes = Buffer.concat([stream.bytes.subarray(0, at), stream.bytes.subarray(at + size)])
  const moved = stream.cuts.map(cut => (cut <= at ? cut : Math.max(at, cut - size)))
  const cuts = [...new Set(moved)].filter(cut => cut > 0 && cut < bytes.length)
  return { ...stream, bytes, cuts }
}
