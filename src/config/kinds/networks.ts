// Lists of networks, written out or in files: whoever keeps thousands of addresses keeps them in a file that a program writes.
// The files are read when the config is, and watched with it.

import { Refusal, isMap, show } from '../kind.ts'
import type { Kind, Surroundings } from '../kind.ts'
import { network } from './network.ts'
import type { Network } from './network.ts'
import { readNamed } from './secret.ts'

/** All files together; a file has 1 MiB at most, some 60,000 lines. 100,000 networks take 10 MB in each thread. */
const MOST = 100_000
/** Shown one by one up to here. */
const SHOWN = 8

export type NetworksInput = string | { file: string } | (string | { file: string })[]

const one = network()

/** Networks in CIDR notation, single addresses, and `{ file: PATH }` for files with one a line. */
export function networks(): Kind<Network[], NetworksInput> {
  const item = {
    anyOf: [
      one.schema,
      { type: 'object', properties: { file: { type: 'string' } }, required: ['file'], additionalProperties: false },
    ],
  }
  return {
    name: 'network or file of networks, or a list of them',
    expected: `${one.expected}, \`{ file: PATH }\` for a file with one a line, or a list of such`,
    bounds: `at most ${MOST} networks`,
    schema: { anyOf: [...item.anyOf, { type: 'array', items: item }] },
    format: list =>
      list.length > SHOWN ? `(${list.length} networks)` : `[${list.map(each => one.format!(each)).join(', ')}]`,
    read: (given, surroundings) => {
      const all: Network[] = []
      for (const [index, each] of (Array.isArray(given) ? (given as unknown[]) : [given]).entries()) {
        const read = readOne(each, surroundings)
        if (read instanceof Refusal) return Array.isArray(given) ? read.below(index) : read
        all.push(...read)
      }
      return all.length <= MOST ? all : new Refusal('out-of-bounds', `has ${all.length} networks, of ${MOST} at most`)
    },
  }
}

function readOne(given: unknown, surroundings: Surroundings): Network[] | Refusal {
  if (!isMap(given)) {
    const read = one.read(given, surroundings)
    return read instanceof Refusal ? read : [read]
  }
  const { file, ...others } = given
  if (typeof file !== 'string' || Object.keys(others).length > 0)
    return new Refusal('wrong-type', `${show(given)} does not name a file`)
  const text = readNamed(file, 'file-unreadable', surroundings)
  return text instanceof Refusal ? text : readLines(file, text, surroundings)
}

/** One network a line; what follows `#` or `;` is a comment. */
function readLines(file: string, text: string, surroundings: Surroundings): Network[] | Refusal {
  const all: Network[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const written = line.replace(/[#;].*$/s, '').trim()
    if (written === '') continue
    const read = one.read(written, surroundings)
    if (read instanceof Refusal)
      return new Refusal(read.code, `${file}, line ${index + 1}: ${read.message}`, one.expected)
    all.push(read)
  }
  return all
}
