// The fast lane of a connection that speaks HTTP/2: requests that a stored response answers are answered here, all of one read with one
// write; all else goes to nghttp2 (session.ts), which has the streams, bodies and windows of those, and whose frames leave between ours.
// A visitor sees one connection. A hit leaves nothing behind: its whole answer fits into the windows as they are, or it is no hit.

import { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import type { Peer } from '../fast/hits.ts'
import { endedHit } from '../fast/told.ts'
import type { FastLane } from '../fast/lane.ts'
import { pendingBytes } from '../pending.ts'
import { Visit } from '../visit.ts'
import type { Carried, Multiplexed } from '../slow/types.ts'
import { Asked } from './asked.ts'
import type { Found } from './asked.ts'
import { encodeHead } from './encode.ts'
import { Code, Setting, frameHeads, goAway, windowUpdate, writeBody, writeHead } from './frames.ts'
import type { Field } from './hpack.ts'
import { Incoming, isSmallTable } from './incoming.ts'
import type { Taker } from './incoming.ts'
import { Outgoing } from './outgoing.ts'
import { OUT_BYTES, outBuffer, spare } from './out-buffers.ts'

/** What the fast lane has ready with its head (cache/ready.ts); larger bodies lie in shared memory. */
const MOST_BODY = 64 * 1024
/** Bytes that wait for the visitor, before no more requests are read. */
const MUCH = 1024 * 1024
/** Of a stream, unless the visitor says otherwise (RFC 9113 section 6.9.2). */
const FIRST_WINDOW = 65_535
const NOTHING = Buffer.alloc(0)
/** Milliseconds that a visitor has to close a connection that has ended from our side. */
const LINGER = 2000

/** How a stream that nghttp2 has stands. */
const OPEN = 0
const ENDED_THERE = 1
const ENDED_HERE = 2

export class Front implements Carried, Taker {
  readonly duplex: Duplex
  bytesRead = 0
  bytesWritten = 0
  lastHit = 0
  readonly session: Multiplexed
  readonly #lane: FastLane
  readonly #socket: Socket
  readonly #peer: Peer
  readonly #visit: Visit
  readonly #asked: Asked
  readonly #incoming: Incoming
  readonly #outgoing: Outgoing
  /** Streams that nghttp2 has. */
  readonly #open = new Map<number, number>()
  /** For nghttp2, of the bytes that are being read. */
  #forwarded: Buffer[] = []
  /** Answers of the bytes that are being read, and how many. */
  #out: Buffer | undefined
  #outAt = 0
  #answers = 0
  /** Nothing may be said before our settings (RFC 9113 section 3.4), which nghttp2 sends; until then answers wait. */
  #early: (() => void)[] | undefined = []
  /** Answers whose bytes the kernel has not taken. */
  #unsent = 0
  #streamWindow = FIRST_WINDOW
  /** nghttp2 is ending the connection, or its heads have to come before ours. */
  #isLeaving = false
  #credit = 0
  #waits = { socket: false, duplex: false }
  #started = 0

  constructor(lane: FastLane, socket: Socket, peer: Peer) {
    this.#lane = lane
    this.#socket = socket
    this.#peer = peer
    this.#visit = new Visit(lane.visitors, peer)
    this.#asked = new Asked(lane, peer)
    this.#incoming = new Incoming(this, () => 2 * (lane.limits.headerBytes + lane.limits.targetBytes))
    this.#outgoing = new Outgoing({
      write: bytes => this.#pass(bytes),
      used: bytes => this.#used(bytes),
      ended: stream => this.#endedBy(stream, ENDED_HERE),
      reset: stream => this.reset(stream),
      leaving: () => (this.#isLeaving = true),
    })
    this.duplex = this.#makeDuplex()
    this.session = lane.slow.multiplex(this, peer)
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('drain', () => this.#flow({ socket: false }))
    socket.on('end', () => this.duplex.push(null))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#closed())
  }

  get pending(): number {
    return pendingBytes(this.#socket) + this.#outgoing.heldBytes
  }

  get taken(): number {
    return this.#socket.bytesWritten - pendingBytes(this.#socket)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  answer(stream: number, fields: Field[], bytes: number): boolean {
    if (this.#isLeaving || this.#lane.draining) return false
    const found = this.#asked.find(fields, Math.min(this.#outgoing.window, this.#streamWindow, MOST_BODY))
    if (found === undefined) return false
    this.#lane.count.bytesIn(bytes)
    this.#lane.count.begun()
    this.#write(stream, found)
    return true
  }

  forward(bytes: Buffer): void {
    this.bytesRead += bytes.length
    this.#forwarded.push(bytes)
  }

  opened(stream: number): void {
    this.#open.set(stream, OPEN)
  }

  ended(stream: number): void {
    this.#endedBy(stream, ENDED_THERE)
  }

  reset(stream: number): void {
    this.#open.delete(stream)
  }

  isOpen(stream: number): boolean {
    return this.#open.has(stream)
  }

  widened(bytes: number): void {
    if (!this.#outgoing.widen(bytes)) this.fail(Code.flowControlError)
  }

  settled(setting: number, value: number): void {
    if (setting === Setting.initialWindowSize) this.#streamWindow = value
    else if (isSmallTable(value)) this.#isLeaving = true
  }

  fail(code: number): void {
    this.#flush()
    this.#socket.write(goAway(this.#incoming.last, code))
    this.#end()
    this.duplex.destroy()
  }

  #read(chunk: Buffer): void {
    if (this.#socket.writableEnded) return
    this.#started = this.#lane.clock.monotonic()
    this.#incoming.read(chunk)
    this.#flush()
    this.#handOn()
    if (this.#outgoing.heldBytes > MUCH) this.fail(Code.enhanceYourCalm)
    else if (this.#socket.writableLength > MUCH) this.#flow({ socket: true })
  }

  #handOn(): void {
    const bytes = this.#forwarded
    if (bytes.length === 0) return
    this.#forwarded = []
    if (this.duplex.destroyed) return
    if (!this.duplex.push(bytes.length === 1 ? bytes[0] : Buffer.concat(bytes))) this.#flow({ duplex: true })
  }

  #flow(waits: { socket?: boolean; duplex?: boolean }): void {
    Object.assign(this.#waits, waits)
    const mustWait = this.#waits.socket || this.#waits.duplex
    if (mustWait === this.#socket.isPaused()) return
    if (mustWait) this.#socket.pause()
    else this.#socket.resume()
  }

  #write(stream: number, { hit, block, prefix, isHead, target }: Found): void {
    this.#visit.seen(block)
    this.#peer.answered = this.#peer.answered! + 1
    const unchanged = block.conditional ? hit.notModified(block.preconditions) : undefined
    const head = unchanged === undefined ? this.#headOf(hit) : encodeHead(unchanged)
    const body = isHead || unchanged !== undefined ? 0 : hit.whole.length - hit.headOnly.length
    const length = frameHeads(head.length) + head.length + (body === 0 ? 0 : frameHeads(body) + body)
    const out = this.#room(length)
    this.#outAt = writeHead(out, this.#outAt, head, stream, body === 0)
    if (body > 0) this.#outAt = writeBody(out, this.#outAt, hit.whole, hit.headOnly.length, stream)
    this.#outgoing.window -= body
    this.#answers++
    this.lastHit = this.#started
    this.#lane.count.answered(hit, length, this.#started, prefix.score)
    if (this.#lane.ears?.wantsHit() !== true) return
    const ms = this.#lane.clock.monotonic() - this.#started
    const asked = { peer: this.#peer, block, isHead, target, site: prefix.site, httpVersion: '2.0' }
    this.#lane.ears.ended(endedHit(hit, unchanged ?? hit.headOnly, asked, ms))
  }

  /** It is written anew once a second, so what was made of it is too. */
  #headOf(hit: Found['hit']): Buffer {
    const known = hit.encoded
    if (known?.of === hit.headOnly) return known.head
    const head = encodeHead(hit.headOnly)
    hit.encoded = { of: hit.headOnly, head }
    return head
  }

  /** Room for so many bytes behind what was written. */
  #room(bytes: number): Buffer {
    if (this.#out !== undefined && this.#out.length - this.#outAt < bytes) this.#flush()
    this.#out ??= bytes > OUT_BYTES ? Buffer.allocUnsafeSlow(bytes) : outBuffer()
    return this.#out
  }

  #flush(): void {
    const [out, length, answers] = [this.#out, this.#outAt, this.#answers]
    if (out === undefined) return
    this.#unsent += answers
    const send = (): void =>
      void this.#socket.write(out.subarray(0, length), error => {
        // Of one that was not written, nobody knows who still reads it.
        if (error !== undefined && error !== null) return
        this.#unsent -= answers
        spare(out)
      })
    if (this.#early === undefined) send()
    else this.#early.push(send)
    this.#out = undefined
    this.#outAt = 0
    this.#answers = 0
  }

  /** What nghttp2 says, whose first word is our settings. */
  #pass(bytes: Buffer): void {
    this.#socket.write(bytes)
    const early = this.#early
    this.#early = undefined
    for (const send of early ?? []) send()
  }

  #endedBy(stream: number, side: number): void {
    const state = this.#open.get(stream)
    if (state === undefined) return
    const now = state | side
    if (now === (ENDED_HERE | ENDED_THERE)) this.#open.delete(stream)
    else this.#open.set(stream, now)
  }

  /** nghttp2 may be in the middle of sending: it hears of it when the turn ends. */
  #used(bytes: number): void {
    if (this.#credit === 0) setImmediate(() => this.#giveBack())
    this.#credit += bytes
  }

  #giveBack(): void {
    const bytes = this.#credit
    this.#credit = 0
    if (!this.duplex.destroyed && !this.duplex.readableEnded) this.duplex.push(windowUpdate(bytes))
  }

  #makeDuplex(): Duplex {
    const take = (bytes: Buffer, done: () => void): void => {
      this.bytesWritten += bytes.length
      this.#outgoing.take(bytes)
      // It goes on when the visitor has taken this, so that what waits for a slow one stays bounded.
      if (this.#socket.writableLength > 0) this.#socket.write(NOTHING, () => done())
      else done()
    }
    const duplex = new Duplex({
      allowHalfOpen: true,
      read: () => this.#flow({ duplex: false }),
      write: (chunk: Buffer, _encoding, done) => take(chunk, done),
      writev: (chunks, done) => take(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done),
      final: done => {
        this.#end()
        done()
      },
      destroy: (error, done) => {
        if (!this.#socket.writableEnded) this.#socket.destroy()
        done(error)
      },
    })
    return duplex.on('error', () => {})
  }

  /** Whoever does not close its side either is not waited for. */
  #end(): void {
    this.#socket.end()
    setTimeout(() => this.#socket.destroy(), LINGER).unref()
  }

  #closed(): void {
    // What the kernel had not taken from us the visitor has not either.
    for (let i = 0; i < this.#unsent; i++) this.#lane.count.cut()
    this.duplex.destroy()
  }
}
