// The PROXY protocol, versions 1 and 2 (haproxy.org/download/3.0/doc/proxy-protocol.txt): what a load balancer that passes bytes on
// says before them, so that the address of whoever connected to it is known. Pure: bytes in, a verdict out.

import { isIPv4, isIPv6 } from 'node:net'

/** Who connected to the proxy. */
export interface Source {
  readonly address: string
  readonly port: number
  /** They came to the proxy over TLS, as far as it says (version 2 alone). */
  readonly secure: boolean
}

export interface ProxyHeader {
  /** Bytes of the header; the visitor's own come after them. */
  readonly length: number
  /** Undefined for the proxy's own connections, such as its health checks, and where it does not know. */
  readonly source: Source | undefined
}

/** The longest line of version 1, its end included (section 2.1). */
const MOST_LINE = 107
/** Version 2: 16 bytes, 216 of addresses at most, and what proxies add: a certificate's name, an endpoint, padding. */
const MOST_BLOCK = 16 + 4096
const FIRST_LINE = Buffer.from('PROXY ')
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

/** `more`: it may become a header. `bad`: it is none, and the connection is not to be used. */
export function readProxyHeader(bytes: Buffer): ProxyHeader | 'more' | 'bad' {
  if (startsLike(bytes, SIGNATURE)) return bytes.length < 16 ? 'more' : block(bytes)
  return startsLike(bytes, FIRST_LINE) ? line(bytes) : 'bad'
}

/** As far as there are bytes of both. */
function startsLike(bytes: Buffer, wanted: Buffer): boolean {
  const length = Math.min(bytes.length, wanted.length)
  return bytes.compare(wanted, 0, length, 0, length) === 0
}

function line(bytes: Buffer): ProxyHeader | 'more' | 'bad' {
  const end = bytes.subarray(0, MOST_LINE).indexOf('\r\n')
  if (end === -1) return bytes.length < MOST_LINE ? 'more' : 'bad'
  const [, family, address = '', , port = '', to = '', ...rest] = bytes.toString('latin1', 0, end).split(' ')
  if (family === 'UNKNOWN') return { length: end + 2, source: undefined }
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : () => false
  if (!isAddress(address) || !isPort(port) || !isPort(to) || rest.length > 0) return 'bad'
  return { length: end + 2, source: { address, port: Number(port), secure: false } }
}

const isPort = (text: string): boolean => /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535

/** Section 2.2: version and command, family and transport, length, addresses, then fields of type, length and value. */
function block(bytes: Buffer): ProxyHeader | 'more' | 'bad' {
  const [command, family, length] = [bytes[12]!, bytes[13]!, 16 + bytes.readUInt16BE(14)]
  if (command >>> 4 !== 2 || (command & 0xf) > 1 || length > MOST_BLOCK) return 'bad'
  if (bytes.length < length) return 'more'
  const isLocal = (command & 0xf) === 0
  const size = family === 0x11 ? 12 : family === 0x21 ? 36 : undefined
  if (isLocal || size === undefined) return { length, source: undefined }
  if (length < 16 + size) return 'bad'
  const addresses = bytes.subarray(16, 16 + size)
  const address = size === 12 ? addresses.subarray(0, 4).join('.') : ipv6(addresses)
  const port = addresses.readUInt16BE(size - 4)
  const secure = cameOverTls(bytes.subarray(16 + size, length))
  return secure === 'bad' ? 'bad' : { length, source: { address, port, secure } }
}

const ipv6 = (bytes: Buffer): string =>
  Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':')

const SSL = 0x20
/** The client connected over TLS (section 2.2.6). */
const CLIENT_SSL = 0x01

function cameOverTls(fields: Buffer): boolean | 'bad' {
  let [at, secure] = [0, false]
  while (at < fields.length) {
    if (at + 3 > fields.length) return 'bad'
    const end = at + 3 + fields.readUInt16BE(at + 1)
    if (end > fields.length) return 'bad'
    if (fields[at] === SSL && end > at + 3) secure = (fields[at + 3]! & CLIENT_SSL) !== 0
    at = end
  }
  return secure
}
