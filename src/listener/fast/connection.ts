// One connection of the fast lane. It reads requests from the bytes as they come, answers those that a stored response
// answers, hands a bodiless one that it cannot answer to the slow lane and holds what follows until that is done, and
// gives the connection away for good where a body, an upgrade or any doubt is in the way. It never forwards anything.
//
//   reading ──hit──▶ reading
//      │ ──write pends──▶ writing ──done──▶ reading
//      │ ──no hit──▶ lent ──answered──▶ reading
//      │ ──doubt──▶ given
//      └─ ──last answer──▶ closing

import type { Socket } from 'node:net'
import { hashBytes } from '../../store/hash.ts'
import { mayBecomeHead } from './beginnings.ts'
import { Bridge } from './bridge.ts'
import { endOfBlock, readBlock } from './head.ts'
import type { Block } from './head.ts'
import type { KeyPrefix, Peer, Prepared } from './hits.ts'
import type { FastLane } from './lane.ts'
import { line, readRequestLine } from './requestline.ts'
import { readInto } from './socket.ts'

/** What `#next` found instead of the end of an answered request. Whether an incomplete one is worth waiting for is asked later. */
const INCOMPLETE = -1
const GIVE = -2
const LEND = -3

const EMPTY = Buffer.alloc(0)
/** "GET" and "HEAD" begin so; anything else is not ours from the first byte on. */
const G = 0x47
const H = 0x48
/** A body in shared memory leaves in pieces of this size. */
const PIECE = 256 * 1024

/**
 * After so many requests in a row without a hit the connection is given away: whoever asks for nothing that is stored is
 * served more cheaply without us between. At a hit ratio of a third, chance alone does this once in 600 connections.
 */
const MOST_LENDS = 16

type Phase = 'reading' | 'writing' | 'lent' | 'given' | 'closing'

export class FastConnection {
  readonly socket: Socket
  readonly peer: Peer
  phase: Phase = 'reading'
  /** Monotonic ms of a head's first byte, or of the last time the client took something: what the sweep looks at. */
  lastActive: number
  readonly #lane: FastLane
  readonly #isDirect: boolean
  #block: Block | undefined
  #prefix: KeyPrefix | undefined
  /** The config that `#prefix` is of. */
  #generation = -1
  /** Bytes that came but are not answered yet. */
  #held: Buffer = EMPTY
  #bridge: Bridge | undefined
  /** Requests lent to the slow lane since the last hit. */
  #lends = 0
  #ended = false
  /** Where the request that `#next` looked at ends. */
  #end = 0
  /** Bytes that the client had taken when the sweep last looked. */
  #taken = 0

  /** `accepted` is paused and is not to be used any more. */
  constructor(lane: FastLane, accepted: Socket, peer: Peer) {
    this.#lane = lane
    this.peer = peer
    this.lastActive = lane.clock.monotonic()
    const { socket, isDirect } = readInto(accepted, (buffer, length) => this.#onBytes(buffer, length))
    this.socket = socket
    this.#isDirect = isDirect
    socket.on('end', () => this.#onEnd())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#onClose())
    socket.resume()
  }

  /** Nothing of a request has come since the last answer. */
  get isIdle(): boolean {
    return this.phase === 'reading' && this.#held.length === 0
  }

  /** No more requests on this connection: closes it now if it is idle, else with the next answer. */
  drain(): void {
    if (this.isIdle) this.#close()
  }

  /** Answers with a refusal that is the connection's last word. */
  refuse(answer: Buffer): void {
    this.socket.write(answer)
    this.#close()
  }

  /** Whether bytes wait for the client to take them; if it has taken some since the last look, that was at `now`. */
  isSending(now: number): boolean {
    // A large body is one write: only libuv's own queue shows that it is being taken.
    const handle = (this.socket as { _handle?: { writeQueueSize?: number } | null })._handle
    const pending = this.socket.writableLength + (handle?.writeQueueSize ?? 0)
    const taken = this.socket.bytesWritten - pending
    if (taken !== this.#taken) this.lastActive = now
    this.#taken = taken
    return pending > 0
  }

  /** False: read no more for now. */
  #onBytes(buffer: Buffer, length: number): boolean {
    if (this.phase === 'reading') {
      const started = this.#lane.clock.monotonic()
      if (this.#held.length === 0) {
        // A head has to be whole within its time-out from its first byte on, however slowly the rest drips in.
        this.lastActive = started
        this.#run(buffer, length, started)
      } else {
        this.#hold(own(buffer, 0, length))
        this.#run(this.#held, this.#held.length, started)
      }
    } else if (this.phase === 'given') {
      const chunk = own(buffer, 0, length)
      // An upgraded socket, which node:http reads no more by itself.
      if (this.#bridge === undefined) return this.socket.push(chunk)
      if (!this.#bridge.push(chunk)) this.socket.pause()
    } else if (this.phase !== 'closing') this.#hold(own(buffer, 0, length))
    return true
  }

  /** Bytes of later requests wait for the answers before them; a client that sends on and on is not read any more. */
  #hold(chunk: Buffer): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    if (this.phase !== 'reading' && this.#isMuch(this.#held.length)) this.socket.pause()
  }

  /** More than a whole head may have, its target at its longest. */
  #isMuch(bytes: number): boolean {
    return bytes > this.#lane.limits.headerBytes + this.#lane.limits.targetBytes
  }

  /** Answers as many requests as lie whole in the first `length` bytes. */
  #run(bytes: Buffer, length: number, started: number): void {
    if (this.#generation !== this.#lane.hits.generation) this.#forgetBlock()
    let at = 0
    while (at < length && this.phase === 'reading') {
      const found = this.#next(bytes, at, length, started)
      if (found < 0) return this.#leave(found, bytes, at, length)
      at = found
      // What follows is another head, with a time of its own.
      this.lastActive = started
    }
    if (this.phase === 'closing') return
    this.#held = at === length ? EMPTY : own(bytes, at, length)
    if (at === length && this.#ended && this.phase === 'reading') this.#finish()
  }

  #leave(found: number, bytes: Buffer, at: number, length: number): void {
    const rest = own(bytes, at, length)
    if (found === LEND) {
      this.#held = rest.subarray(this.#end - at)
      this.#lend(rest.subarray(0, this.#end - at))
    } else if (found === GIVE || this.#isMuch(rest.length) || !this.#mayBecomeHead(rest)) {
      this.#give(rest)
    } else {
      this.#held = rest
      if (this.#ended) this.#finish()
    }
  }

  /** Reads the request that begins at `at` and answers it if a stored response does; returns where it ends, or why not. */
  #next(bytes: Buffer, at: number, length: number, started: number): number {
    const first = bytes[at]
    if (first !== G && first !== H) return GIVE
    if (!readRequestLine(bytes, at, length, this.#prefix?.hash ?? 0)) return INCOMPLETE
    const known = this.#prefix
    const block = this.#blockAt(bytes, line.end, length)
    if (block === INCOMPLETE || block === GIVE) return block
    if (this.#prefix === undefined || this.#block!.slow || this.#isOverBound(at)) return LEND
    if (this.#prefix !== known) line.hash = hashBytes(this.#prefix.hash, bytes, line.targetFrom, line.targetTo)
    const hit = this.#lane.hits.find(this.#prefix, this.#block!, bytes, line.targetFrom, line.targetTo, line.hash)
    if (hit === undefined) return LEND
    this.#lane.count.bytesIn(this.#end - at)
    this.#lends = 0
    this.#answer(hit, line.head, started)
    return this.#end
  }

  /** Is the request that began at `at` larger than allowed? How large it is exactly is the slow lane's to tell. */
  #isOverBound(at: number): boolean {
    const { headerBytes, targetBytes } = this.#lane.limits
    return this.#end - at > headerBytes || line.targetTo - line.targetFrom > targetBytes
  }

  #mayBecomeHead(bytes: Buffer): boolean {
    return mayBecomeHead(bytes, this.#lane.limits.headerCount)
  }

  /** The config has changed, and with it what a Host leads to. */
  #forgetBlock(): void {
    this.#generation = this.#lane.hits.generation
    this.#block = undefined
    this.#prefix = undefined
  }

  /** The block at `from`: the last one again, byte for byte, or a new one that is read. Sets `#end`. */
  #blockAt(bytes: Buffer, from: number, length: number): number {
    const last = this.#block?.bytes
    if (last !== undefined && length - from >= last.length) {
      this.#end = from + last.length
      if (bytes.compare(last, 0, last.length, from, this.#end) === 0) return 0
    }
    this.#end = endOfBlock(bytes, from, length)
    if (this.#end === -1) return INCOMPLETE
    const block = readBlock(bytes, from, this.#end, this.#lane.limits.headerCount)
    if (block === undefined) return GIVE
    this.#block = block
    this.#prefix = this.#lane.hits.prefixFor(block, this.peer)
    return 0
  }

  #answer(hit: Prepared, head: boolean, started: number): void {
    const block = this.#block!
    const count = this.#lane.count
    const unchanged = block.conditional ? hit.notModified(block.preconditions) : undefined
    const closing = block.close || this.#lane.draining
    const first = unchanged ?? (head ? hit.headOnly : hit.whole)
    const body = head || unchanged !== undefined ? undefined : hit.body
    this.socket.write(closing ? sayClose(first) : first)
    count.answered(hit.stale, first.length + (body?.length ?? 0), started)
    if (body !== undefined) this.#writeBody(hit, body, closing)
    else if (closing) this.#close()
    else if (this.socket.writableLength > 0) this.#awaitWrite(hit.hold())
  }

  /** The client reads more slowly than we write: nothing more is answered until it has. */
  #awaitWrite(release: () => void): void {
    this.phase = 'writing'
    this.socket.write(EMPTY, () => {
      release()
      this.#goOn()
    })
  }

  /** Writes a body straight from shared memory, whose place is held until the last byte has left. */
  #writeBody(hit: Prepared, body: Uint8Array, closing: boolean): void {
    this.phase = 'writing'
    const handle = this.#lane.hazards.hold(hit.ref)
    const bytes = handle === -1 ? Buffer.from(body) : body
    const release = hit.hold()
    const step = (from: number): void => {
      if (from < bytes.length && !this.socket.destroyed) {
        this.socket.write(bytes.subarray(from, from + PIECE), () => step(from + PIECE))
        return
      }
      if (handle !== -1) this.#lane.hazards.release(handle)
      release()
      if (closing) this.#close()
      else this.#goOn()
    }
    step(0)
  }

  /** Reads on where an answer had to be awaited. */
  #goOn(): void {
    if (this.socket.destroyed) return
    this.phase = 'reading'
    this.lastActive = this.#lane.clock.monotonic()
    if (this.socket.isPaused()) this.socket.resume()
    if (this.#held.length > 0) this.#run(this.#held, this.#held.length, this.lastActive)
    else if (this.#ended) this.#finish()
    else if (this.#lane.draining) this.drain()
  }

  /** Hands one whole bodiless request to the slow lane. */
  #lend(request: Buffer): void {
    if (++this.#lends > MOST_LENDS) return this.#give(Buffer.concat([request, this.#held]))
    this.phase = 'lent'
    if (this.#bridge === undefined) {
      this.#bridge = new Bridge(this.socket, () => {})
      const onExchangeEnd = ({ keepAlive }: { keepAlive: boolean }): void => {
        if (this.phase !== 'lent') return
        if (keepAlive) this.#goOn()
        else this.#leaveToClose()
      }
      this.#lane.slow.adopt(this.#bridge, this.peer, { bridged: true, onExchangeEnd })
    }
    this.#bridge.push(request)
    this.#endLent()
  }

  /** Nothing follows a lent request whose client has ended its side: the slow lane knows how long that one will wait. */
  #endLent(): void {
    if (this.#ended && this.#held.length === 0) this.#bridge!.push(null)
  }

  /** Gives the connection to the slow lane for good, with the bytes that nobody has looked at and its time-outs. */
  #give(bytes: Buffer): void {
    this.phase = 'given'
    this.#held = EMPTY
    this.#bridge?.detach()
    if (this.#isDirect && !this.#ended) return this.#giveSocket(bytes)
    const bridge = new Bridge(this.socket, () => {
      if (this.socket.isPaused()) this.socket.resume()
    })
    this.#bridge = bridge
    this.#lane.slow.adopt(bridge, this.peer)
    if (!bridge.push(bytes)) this.socket.pause()
    if (this.#ended) bridge.push(null)
  }

  /** The socket itself, from which node:http reads without a stream between: 10 µs less for each request. */
  #giveSocket(bytes: Buffer): void {
    this.#bridge = undefined
    this.#lane.count.bytesIn(bytes.length)
    this.socket.unshift(bytes)
    this.#lane.slow.adopt(this.socket, this.peer)
  }

  #onEnd(): void {
    this.#ended = true
    if (this.phase === 'given') this.#bridge?.push(null)
    else if (this.phase === 'lent') this.#endLent()
    else if (this.phase === 'reading') this.#finish()
  }

  /** The client will send no more. A request that it left unfinished is the slow lane's to refuse. */
  #finish(): void {
    if (this.#held.length > 0) this.#give(this.#held)
    else this.#close()
  }

  #close(): void {
    this.socket.end()
    this.#leaveToClose()
  }

  /** Our side has ended, or will with what is under way; what the client still sends is read and thrown away. */
  #leaveToClose(): void {
    this.phase = 'closing'
    this.lastActive = this.#lane.clock.monotonic()
    this.#held = EMPTY
    if (this.socket.isPaused()) this.socket.resume()
  }

  #onClose(): void {
    this.#bridge?.destroy()
    this.#lane.forget(this)
  }
}

/** A copy that outlives the read: the bytes may lie in the buffer that all connections read into. */
const own = (bytes: Buffer, from: number, to: number): Buffer => Buffer.from(bytes.subarray(from, to))

/** The same head with `Connection: close` behind its status line (RFC 9112 section 9.6). */
function sayClose(answer: Buffer): Buffer {
  const at = answer.indexOf('\r\n', 0, 'latin1') + 2
  return Buffer.concat([answer.subarray(0, at), Buffer.from('Connection: close\r\n'), answer.subarray(at)])
}
