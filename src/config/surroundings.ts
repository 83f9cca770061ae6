// The machine that a config is read on: its environment, memory, CPUs and files.

import { readFileSync, statSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { resolve } from 'node:path'
import type { Surroundings } from './kind.ts'

/** A config file, and each file that it names, may have 1 MiB: a thousand sites with a thousand bytes each. */
const LARGEST_FILE = 2 ** 20

/** `folder` is where relative paths start; each file that is read is told to `onRead`, also one that is missing. */
export function surroundingsIn(folder: string, onRead: (file: string) => void): Surroundings {
  const resolvePath = (path: string) => resolve(folder, path)
  return {
    env: process.env,
    memory: memoryLimit(),
    cpus: availableParallelism(),
    resolvePath,
    readFile: path => {
      const file = resolvePath(path)
      onRead(file)
      return readBounded(file)
    },
  }
}

/** The text of the file. Throws what node:fs throws, and RangeError when it is too large. */
export function readBounded(file: string): string {
  const { size } = statSync(file)
  if (size > LARGEST_FILE) throw new RangeError(`it has ${size} bytes, of ${LARGEST_FILE} at most`)
  // Read through a bound as well: a device or pipe has no size.
  const text = readFileSync(file, 'utf8')
  if (text.length > LARGEST_FILE) throw new RangeError(`it has more than ${LARGEST_FILE} bytes`)
  return text
}

/** The machine's memory, or the container's limit where that is lower. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}
