// Loaded before everything else into each thread of the shield (node --import): its wall clock stands off by as many milliseconds as the
// file says that BREAKWATER_TEST_CLOCK names, and jumps when that changes. The monotonic clock goes on, as it does on real machines.

import { readFileSync } from 'node:fs'

const real = Date.now.bind(Date)
const file = process.env['BREAKWATER_TEST_CLOCK']
let [off, readAt] = [0, 0]

Date.now = () => {
  const now = real()
  if (now - readAt > 20) {
    readAt = now
    try {
      off = Number(readFileSync(file, 'utf8'))
    } catch {
      // It is being written.
    }
  }
  return now + off
}
