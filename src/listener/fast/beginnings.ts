// Whether the beginning of a head may still become one that the fast lane takes. What cannot goes to the slow lane at once,
// so that its sender is refused now and not when the time for a head has passed. Off the hot path: most heads come whole.

import { TARGET, TOKEN, VALUE, byteClass } from './bytes.ts'
import { Block, DOUBT, readLine } from './head.ts'
import { Name, meaningOf } from './names.ts'
import { MAX_TARGET } from './requestline.ts'

const CR = 0x0d
const LF = 0x0a
const COLON = 0x3a
const METHODS = ['GET ', 'HEAD ']
const REST = ' HTTP/1.1\r\n'

/** True while more bytes could make a head of ours, of at most `lines` field lines, of these. They do not hold a whole one. */
export function mayBecomeHead(bytes: Buffer, lines: number): boolean {
  const method = METHODS.find(each => isBeginning(bytes, 0, each))
  if (method === undefined) return false
  if (bytes.length <= method.length) return true
  if (bytes[method.length] !== 0x2f) return false
  let at = method.length
  while (at < bytes.length && byteClass[bytes[at]!]! & TARGET) at++
  if (at - method.length > MAX_TARGET || !isBeginning(bytes, at, REST)) return false
  return bytes.length <= at + REST.length || mayBecomeBlock(bytes.subarray(at + REST.length), lines)
}

/** Do the bytes from `at` on begin `text`, or `text` them? */
function isBeginning(bytes: Buffer, at: number, text: string): boolean {
  const length = Math.min(text.length, bytes.length - at)
  return bytes.toString('latin1', at, at + length) === text.slice(0, length)
}

function mayBecomeBlock(bytes: Buffer, lines: number): boolean {
  const block = new Block(bytes)
  let at = 0
  let left = lines
  for (let lf = bytes.indexOf(LF); lf !== -1; lf = bytes.indexOf(LF, at)) {
    at = readLine(block, at, lf + 1)
    if (at === DOUBT || block.length !== undefined || left-- === 0) return false
  }
  return mayBecomeLine(bytes, at)
}

/** The line that begins at `from` has no end yet. */
function mayBecomeLine(bytes: Buffer, from: number): boolean {
  const end = bytes.length
  let at = from
  while (at < end && byteClass[bytes[at]!]! & TOKEN) at++
  if (at === end) return true
  // The empty line that ends the block may have come by half.
  if (at === from) return bytes[at] === CR && at === end - 1
  const meaning = bytes[at] === COLON ? meaningOf(bytes, from, at) : Name.body
  if (meaning === Name.body || meaning === Name.length) return false
  while (++at < end && byteClass[bytes[at]!]! & VALUE);
  return at === end || (bytes[at] === CR && at === end - 1)
}
