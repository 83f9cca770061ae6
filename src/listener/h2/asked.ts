// Requests of one HTTP/2 connection as the fast lane takes them: a head put into the lines of HTTP/1.1, so that the same reader looks at
// it (listener/fast/head.ts), and kept, since a browser repeats all of it but the path. Any doubt is the slow lane's.

import { TARGET, byteClass } from '../fast/bytes.ts'
import { readBlock } from '../fast/head.ts'
import type { Block } from '../fast/head.ts'
import type { KeyPrefix, Peer, Prepared } from '../fast/hits.ts'
import type { FastLane } from '../fast/lane.ts'
import { MAX_TARGET } from '../fast/requestline.ts'
import type { Field } from './hpack.ts'

/** What is read, written over at each request: no object is made for one. */
const target = Buffer.allocUnsafeSlow(MAX_TARGET)

/** All of a head but its path. */
interface Known {
  /** As it came; the path's place holds another path. */
  readonly fields: readonly Field[]
  readonly pathAt: number
  readonly isHead: boolean
  readonly block: Block
  readonly prefix: KeyPrefix | undefined
}

export interface Found {
  readonly hit: Prepared
  readonly block: Block
  readonly prefix: KeyPrefix
  readonly isHead: boolean
  readonly target: string
}

export class Asked {
  readonly #lane: FastLane
  readonly #peer: Peer
  #known: Known | undefined
  #generation = -1

  constructor(lane: FastLane, peer: Peer) {
    this.#lane = lane
    this.#peer = peer
  }

  /** The stored response with a body of at most so many bytes that answers a bodiless request with this head. */
  find(fields: readonly Field[], most: number): Found | undefined {
    const { hits } = this.#lane
    if (this.#generation !== hits.generation) {
      this.#generation = hits.generation
      this.#known = undefined
    }
    const known = (this.#known = isAgain(this.#known, fields) ? this.#known! : this.#read(fields))
    if (known?.prefix === undefined || known.block.slow) return undefined
    const { prefix, block, isHead, pathAt } = known
    const path = fields[pathAt]!.value
    if (path.length > Math.min(MAX_TARGET, this.#lane.limits.targetBytes)) return undefined
    const hash = readTarget(path, prefix.hash)
    if (hash === undefined || this.#isOverBound(block, path)) return undefined
    const hit = hits.find(prefix, block, this.#peer, target, 0, path.length, hash, most)
    return hit && { hit, block, prefix, isHead, target: path }
  }

  #read(fields: readonly Field[]): Known | undefined {
    const head = linesOf(fields)
    if (head === undefined) return undefined
    const bytes = Buffer.from(head.lines, 'latin1')
    const block = readBlock(bytes, 0, bytes.length, this.#lane.limits.headerCount)
    if (block === undefined) return undefined
    const prefix = this.#lane.hits.prefixFor(block, this.#peer)
    return { fields: [...fields], pathAt: head.pathAt, isHead: head.isHead, block, prefix }
  }

  /** As large as it would be in HTTP/1.1. */
  #isOverBound({ bytes }: Block, path: string): boolean {
    return path.length + bytes.length + REQUEST_LINE_REST > this.#lane.limits.headerBytes
  }
}

/** `HEAD`, two spaces, `HTTP/1.1` and CRLF. */
const REQUEST_LINE_REST = 16

/** All of it but the path is the same: as a rule the very same fields of the table (see hpack.ts). */
function isAgain(known: Known | undefined, fields: readonly Field[]): boolean {
  if (known === undefined || known.fields.length !== fields.length) return false
  for (let i = 0; i < fields.length; i++) {
    const [a, b] = [known.fields[i]!, fields[i]!]
    if (a !== b && (a.name !== b.name || (a.value !== b.value && i !== known.pathAt))) return false
  }
  return true
}

/** Writes the path into `target`; its FNV-1a hash begun with `basis`, undefined where it is none of the fast lane's. */
function readTarget(path: string, basis: number): number | undefined {
  let hash = basis
  for (let i = 0; i < path.length; i++) {
    const byte = path.charCodeAt(i)
    if (byte > 0x7f || !(byteClass[byte]! & TARGET)) return undefined
    target[i] = byte
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  return path.startsWith('/') && !path.startsWith(OWN) ? hash : undefined
}

/** What is below is Breakwater's own, or a poll, whose answer is written for one visitor alone. */
const OWN = '/.'

/** A name in small letters, as HTTP/2 has them (RFC 9113 section 8.2.1), and a value of ASCII without white space around it. */
const NAME = /^[a-z0-9!#$%&'*+\-.^_`|~]+$/
const VALUE = /^(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?$/

/** The lines of a GET or HEAD, the empty line behind them; undefined in doubt. */
function linesOf(
  fields: readonly Field[],
): { readonly lines: string; readonly pathAt: number; readonly isHead: boolean } | undefined {
  const pseudo: Partial<Record<string, string>> = {}
  const crumbs: string[] = []
  let [pathAt, lines, isBehind] = [-1, '', false]
  for (const [i, { name, value }] of fields.entries()) {
    if (name.startsWith(':')) {
      if (isBehind || pseudo[name] !== undefined || !PSEUDO.has(name)) return undefined
      pseudo[name] = value
      if (name === ':path') pathAt = i
      continue
    }
    isBehind = true
    if (!NAME.test(name) || !VALUE.test(value) || name === 'connection' || name === 'host') return undefined
    // Parted by the browser so that each is compressed for itself (RFC 9113 section 8.2.3).
    if (name === 'cookie') crumbs.push(value)
    // That it would take trailers changes nothing of what is stored.
    else if (name !== 'te' || value !== 'trailers') lines += `${name}: ${value}\r\n`
  }
  const { ':method': method, ':scheme': scheme, ':authority': host } = pseudo
  if ((method !== 'GET' && method !== 'HEAD') || pathAt === -1 || !SCHEMES.has(scheme)) return undefined
  if (host === undefined || !VALUE.test(host)) return undefined
  const cookie = crumbs.length === 0 ? '' : `cookie: ${crumbs.join('; ')}\r\n`
  return { lines: `host: ${host}\r\n${lines}${cookie}\r\n`, pathAt, isHead: method === 'HEAD' }
}

const PSEUDO = new Set([':method', ':scheme', ':authority', ':path'])
const SCHEMES = new Set<string | undefined>(['https', 'http'])
