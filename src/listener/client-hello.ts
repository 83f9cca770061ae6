// What a visitor says first over TLS (RFC 8446 section 4.1.2), read as far as it tells which protocols they offer (ALPN, RFC 7301).
// Only looked at while a certificate authority is expected, which asks for a protocol of its own (RFC 8737).

/** A hello with many keys has some 2 KiB. */
const MOST_BYTES = 16_384
const HANDSHAKE = 22
const CLIENT_HELLO = 1
const ALPN = 16

/** `more`: it is not all there yet. Whatever is no hello offers nothing. */
export function offers(protocol: string, bytes: Buffer): 'more' | boolean {
  const hello = messageIn(bytes)
  if (hello === 'more') return bytes.length > MOST_BYTES ? false : 'more'
  if (hello === undefined) return false
  try {
    return protocolsOf(hello).includes(protocol)
  } catch {
    // Lengths that lead beyond its end.
    return false
  }
}

/** The first handshake message, which may lie in several records. */
function messageIn(bytes: Buffer): Buffer | 'more' | undefined {
  let [message, at] = [Buffer.alloc(0), 0]
  while (at + 5 <= bytes.length) {
    if (bytes[at] !== HANDSHAKE) return undefined
    const length = bytes.readUInt16BE(at + 3)
    const part = bytes.subarray(at + 5, at + 5 + length)
    message = Buffer.concat([message, part])
    if (message.length >= 1 && message[0] !== CLIENT_HELLO) return undefined
    if (message.length >= 4 && message.length >= 4 + message.readUIntBE(1, 3))
      return message.subarray(4, 4 + message.readUIntBE(1, 3))
    if (part.length < length) return 'more'
    at += 5 + length
  }
  return bytes.length > 0 && bytes[0] !== HANDSHAKE ? undefined : 'more'
}

/** Throws RangeError where a length leads beyond the end. */
function protocolsOf(hello: Buffer): string[] {
  // Version and random; then the session id, the cipher suites and the compression methods, each behind its length.
  let at = 34
  at += 1 + hello.readUInt8(at)
  at += 2 + hello.readUInt16BE(at)
  at += 1 + hello.readUInt8(at)
  const end = at + 2 + hello.readUInt16BE(at)
  for (at += 2; at < end;) {
    const [type, length] = [hello.readUInt16BE(at), hello.readUInt16BE(at + 2)]
    if (type === ALPN) return names(hello, at + 6, at + 4 + length)
    at += 4 + length
  }
  return []
}

function names(hello: Buffer, from: number, to: number): string[] {
  const found: string[] = []
  for (let at = from; at < to;) {
    const length = hello.readUInt8(at)
    found.push(hello.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return found
}
