// Where answers are put together to leave with one write. A buffer belongs to one connection from its first answer until the kernel has
// the last byte, and to the next then; a new one for each write would cost more than the copying.

/** The answers to what a browser asks for at once; and the largest answer there is, with its head. */
export const OUT_BYTES = 256 * 1024
/** Kept for later; each visitor who reads slowly has one, and those are given to the collector. */
const KEPT = 16

const kept: Buffer[] = []

export const outBuffer = (): Buffer => kept.pop() ?? Buffer.allocUnsafeSlow(OUT_BYTES)

/** It is read by nobody any more. */
export function spare(buffer: Buffer): void {
  if (buffer.length === OUT_BYTES && kept.length < KEPT) kept.push(buffer)
}
