// Addresses as numbers, to compare them with networks and to count by them. Node tells whether a text is an address, but not
// which.

import { isIP } from 'node:net'

/** Bits of an IPv6 address that name the customer: providers give out 64 bits or fewer, and all below is the customer's own. */
const CUSTOMER_GROUPS = 4

/** The eight groups of 16 bits of an IPv6 address; undefined for anything else. A zone (`%eth0`) is left out. */
export function groupsOf(address: string): number[] | undefined {
  if (isIP(address) !== 6) return undefined
  const [text = ''] = address.split('%', 1)
  const [before = '', after] = withHexTail(text).split('::')
  const [left, right] = [numbersOf(before), numbersOf(after ?? '')]
  return after === undefined ? left : [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right]
}

const numbersOf = (part: string): number[] =>
  part === '' ? [] : part.split(':').map(each => Number.parseInt(each, 16))

/** `::ffff:192.0.2.1` with its last four bytes as two groups (RFC 4291 section 2.2). */
function withHexTail(text: string): string {
  const at = text.lastIndexOf(':') + 1
  if (!text.includes('.', at)) return text
  const number = ipv4Number(text.slice(at))
  return `${text.slice(0, at)}${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`
}

/** The 32 bits of an IPv4 address in dotted form, unsigned. */
export function ipv4Number(address: string): number {
  let number = 0
  for (const byte of address.split('.')) number = number * 256 + Number(byte)
  return number >>> 0
}

/** Who is counted as one client: an IPv4 address as it stands, of IPv6 the first 64 bits (`2001:db8:0:1`). */
export function clientOf(address: string): string {
  if (!address.includes(':')) return address
  return (groupsOf(address) ?? []).slice(0, CUSTOMER_GROUPS).map(hex).join(':')
}

const hex = (group: number): string => group.toString(16)
