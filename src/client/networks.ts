// Is an address in one of these networks? Lists of bad addresses have tens of thousands of lines, and node:net's BlockList goes
// through all of them at each question; here they are sorted and merged once, and a question takes some fifteen steps.

import { groupsOf, ipv4Number } from './address.ts'

/** As the config has it. */
interface Network {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

export type IsInside = (address: string) => boolean

interface Range<T> {
  first: T
  last: T
}

/** Compiles the networks into the question; null when there are none. */
export function compileNetworks(networks: readonly Network[]): IsInside | null {
  if (networks.length === 0) return null
  const four = merged(networks.filter(({ family }) => family === 'ipv4').map(ipv4Range))
  const six = merged(networks.filter(({ family }) => family === 'ipv6').map(ipv6Range))
  return address => {
    if (!address.includes(':')) return isIn(four, ipv4Number(address))
    const groups = groupsOf(address)
    return groups !== undefined && isIn(six, digits(groups))
  }
}

function ipv4Range({ address, prefix }: Network): Range<number> {
  const size = 2 ** (32 - prefix)
  const first = Math.floor(ipv4Number(address) / size) * size
  return { first, last: first + size - 1 }
}

function ipv6Range({ address, prefix }: Network): Range<string> {
  const groups = groupsOf(address) ?? []
  // The bits of each group that the network leaves open.
  const open = groups.map((_, i) => 0xffff >>> Math.min(16, Math.max(0, prefix - 16 * i)))
  return {
    first: digits(groups.map((group, i) => group & ~open[i]!)),
    last: digits(groups.map((group, i) => group | open[i]!)),
  }
}

/** 32 hexadecimal digits, which sort as the numbers do. */
const digits = (groups: readonly number[]): string => groups.map(each => each.toString(16).padStart(4, '0')).join('')

/** In order, none touching another. */
function merged<T extends number | string>(ranges: Range<T>[]): Range<T>[] {
  ranges.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))
  const apart: Range<T>[] = []
  for (const range of ranges) {
    const before = apart.at(-1)
    if (before === undefined || range.first > before.last) apart.push({ ...range })
    else if (range.last > before.last) before.last = range.last
  }
  return apart
}

function isIn<T extends number | string>(ranges: readonly Range<T>[], value: T): boolean {
  let [low, high] = [0, ranges.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ranges[middle]!.last < value) low = middle + 1
    else high = middle
  }
  return low < ranges.length && ranges[low]!.first <= value
}
