// Frames of HTTP/2 (RFC 9113 section 4.1) as far as the fast lane looks at them.

export const FRAME_HEAD = 9
/** The longest payload without asking (section 6.5.2): we ask for no longer ones, and send none. */
export const MOST_PAYLOAD = 16_384

export const Type = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const Flags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const

/** Settings that matter here (section 6.5.2). */
export const Setting = { headerTableSize: 1, initialWindowSize: 4 } as const

/** Why a connection ends (section 7). */
export const Code = {
  protocolError: 1,
  flowControlError: 3,
  frameSizeError: 6,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const

/** Writes the head of a frame; returns where its payload begins. */
export function writeFrameHead(
  bytes: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): number {
  bytes[at] = length >>> 16
  bytes[at + 1] = length >>> 8
  bytes[at + 2] = length
  bytes[at + 3] = type
  bytes[at + 4] = flags
  bytes[at + 5] = stream >>> 24
  bytes[at + 6] = stream >>> 16
  bytes[at + 7] = stream >>> 8
  bytes[at + 8] = stream
  return at + FRAME_HEAD
}

export const lengthAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!

/** 31 bits: the highest is reserved and means nothing. */
export const word31At = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! & 0x7f) << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!

export const windowUpdate = (bytes: number): Buffer => {
  const frame = Buffer.alloc(FRAME_HEAD + 4)
  frame.writeUInt32BE(bytes, writeFrameHead(frame, 0, 4, Type.windowUpdate, 0, 0))
  return frame
}

/** `last`: the last stream that something may have been done about (section 6.8). */
export const goAway = (last: number, code: number): Buffer => {
  const frame = Buffer.alloc(FRAME_HEAD + 8)
  const at = writeFrameHead(frame, 0, 8, Type.goAway, 0, 0)
  frame.writeUInt32BE(code, frame.writeUInt32BE(last, at))
  return frame
}

/** A head as frames: HEADERS, and CONTINUATION behind it where it does not fit into one (section 6.10). */
export function writeHead(bytes: Buffer, at: number, block: Buffer, stream: number, ends: boolean): number {
  const begins = ends ? Flags.endStream : 0
  let from = 0
  do {
    const to = Math.min(block.length, from + MOST_PAYLOAD)
    const flags = (from === 0 ? begins : 0) | (to === block.length ? Flags.endHeaders : 0)
    at = writeFrameHead(bytes, at, to - from, from === 0 ? Type.headers : Type.continuation, flags, stream)
    at += block.copy(bytes, at, from, to)
    from = to
  } while (from < block.length)
  return at
}

/** A whole body as frames, the last of which ends its stream; `body` lies behind `from`. */
export function writeBody(bytes: Buffer, at: number, body: Buffer, begin: number, stream: number): number {
  let from = begin
  do {
    const to = Math.min(body.length, from + MOST_PAYLOAD)
    at = writeFrameHead(bytes, at, to - from, Type.data, to === body.length ? Flags.endStream : 0, stream)
    at += body.copy(bytes, at, from, to)
    from = to
  } while (from < body.length)
  return at
}

/** Bytes of the heads of so many bytes' frames. */
export const frameHeads = (payload: number): number => FRAME_HEAD * Math.max(1, Math.ceil(payload / MOST_PAYLOAD))
