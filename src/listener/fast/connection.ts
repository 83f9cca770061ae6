// One connection of the fast lane. It reads requests from the bytes as they come, answers those that a stored response
// answers, hands one that it cannot answer and that has come whole to the slow lane, holds what follows until that is done,
// and gives the connection away for good where a long body, an upgrade or any doubt is in the way. It forwards nothing itself.
//
//   reading ──hit──▶ reading
//      │ ──write pends──▶ writing ──done──▶ reading
//      │ ──no hit──▶ lent ──answered──▶ reading
//      │ ──doubt──▶ given
//      └─ ──last answer──▶ closing

import type { Socket } from 'node:net'
import { Handover } from './handover.ts'
import type { Peer, Prepared } from './hits.ts'
import { creditedUntil } from '../credit.ts'
import type { FastLane } from './lane.ts'
import { GIVE, LEND, Reader } from './reader.ts'
import { line } from './requestline.ts'
import { awaitWrite, sayClose, writeBody } from './sending.ts'
import { readInto } from './socket.ts'
import { endedHit } from './told.ts'
import type { LentRequest } from '../slow/types.ts'
import { Visit } from '../visit.ts'
import { pendingBytes } from '../pending.ts'

const EMPTY = Buffer.alloc(0)
/** Methods of requests that are lent, by their first letter. */
const METHODS: Readonly<Record<number, LentRequest['method']>> = { 0x47: 'GET', 0x48: 'HEAD', 0x50: 'POST' }

type Phase = 'reading' | 'writing' | 'lent' | 'given' | 'closing'

export class FastConnection {
  readonly socket: Socket
  readonly peer: Peer
  phase: Phase = 'reading'
  /** Monotonic ms of a head's first byte, or of the last time the client took something: what the sweep looks at. */
  lastActive: number
  readonly #lane: FastLane
  readonly #reader: Reader
  readonly #handover: Handover
  readonly #visit: Visit
  readonly #isEncrypted: boolean
  /** Bytes that came but are not answered yet. */
  #held: Buffer = EMPTY
  #ended = false
  /** The last answer here was a hit, and the connection ends with it. */
  #endsWithHit = false
  /** Bytes that the client had taken when the sweep last looked. */
  #taken = 0

  /** `accepted` is paused and is not to be used any more. */
  constructor(lane: FastLane, accepted: Socket, peer: Peer) {
    this.#lane = lane
    this.peer = peer
    this.lastActive = lane.clock.monotonic()
    this.#isEncrypted = 'encrypted' in accepted
    const { socket, isDirect } = readInto(accepted, (buffer, length) => this.#onBytes(buffer, length))
    this.socket = socket
    this.#reader = new Reader(lane, peer)
    const visit = (this.#visit = new Visit(lane.visitors, peer))
    this.#handover = new Handover({ lane, socket, peer, isDirect, visit, answered: goesOn => this.#answered(goesOn) })
    socket.on('end', () => this.#onEnd())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#onClose())
    socket.resume()
  }

  /** Nothing of a request has come since the last answer. */
  get isIdle(): boolean {
    return this.phase === 'reading' && this.#held.length === 0
  }

  /** No byte has come on it. */
  get isUnused(): boolean {
    return this.socket.bytesRead === 0
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

  /** Whether bytes wait for the client to take them; what it has taken since the last look buys it time. */
  isSending(now: number): boolean {
    const pending = pendingBytes(this.socket)
    const taken = this.socket.bytesWritten - pending
    // While nothing waits for the client it owes nothing: an answer may be silent for long and then come at once.
    if (pending === 0 && this.phase !== 'closing') this.lastActive = now
    this.lastActive = creditedUntil(this.lastActive, taken - this.#taken, this.#lane.limits.leastRate, now)
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
      return this.#handover.push(own(buffer, 0, length))
    } else if (this.phase !== 'closing') this.#hold(own(buffer, 0, length))
    return true
  }

  /** Bytes of later requests wait for the answers before them; a client that sends on and on is not read any more. */
  #hold(chunk: Buffer): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    if (this.phase !== 'reading' && this.#reader.isMuch(this.#held.length)) this.socket.pause()
  }

  /** Answers as many requests as lie whole in the first `length` bytes. */
  #run(bytes: Buffer, length: number, started: number): void {
    const reader = this.#reader
    reader.keepUp()
    let at = 0
    while (at < length && this.phase === 'reading') {
      const found = reader.next(bytes, at, length)
      if (found < 0) return this.#leave(found, bytes, at, length)
      this.#lane.count.bytesIn(found - at)
      this.#lane.count.begun()
      const { targetFrom, targetTo, head } = line
      const hit = reader.takeHit()
      const first = this.#answer(hit, head, started)
      if (this.#lane.ears?.wantsHit() === true)
        this.#tell(hit, first, head, bytes.toString('latin1', targetFrom, targetTo), started)
      at = found
      // What follows is another head, with a time of its own.
      this.lastActive = started
    }
    if (this.phase === 'closing') return
    this.#held = at === length ? EMPTY : own(bytes, at, length)
    if (at === length && this.#ended && this.phase === 'reading') this.#finish()
  }

  /** What to do with bytes from `at` on that bring no hit. */
  #leave(found: number, bytes: Buffer, at: number, length: number): void {
    if (found === LEND) return this.#lend(bytes, at, length)
    const rest = own(bytes, at, length)
    if (found === GIVE || !this.#reader.mayBecomeHead(rest)) {
      this.#give(rest)
    } else {
      this.#held = rest
      if (this.#ended) this.#finish()
    }
  }

  /** What was written first: the answer, or its head where the body follows. */
  #answer(hit: Prepared, head: boolean, started: number): Buffer {
    const block = this.#reader.block!
    this.#visit.seen(block)
    this.peer.answered = this.peer.answered! + 1
    const unchanged = block.conditional ? hit.notModified(block.preconditions) : undefined
    const closing = block.close || this.#lane.parting
    const first = unchanged ?? (head ? hit.headOnly : hit.whole)
    const body = head || unchanged !== undefined ? undefined : hit.body
    const sent = closing ? sayClose(first) : first
    // TLS encrypts what is written before it returns, and says only in the next turn that it is done: the bytes are free, nothing has to wait.
    const isTaken = this.#isEncrypted && this.socket.writableLength === 0
    this.socket.write(sent)
    this.#lane.count.answered(hit, sent.length + (body?.length ?? 0), started, this.#reader.score)
    this.#endsWithHit = closing
    if (body !== undefined) {
      this.phase = 'writing'
      writeBody(this.socket, this.#lane.hazards, hit, body, () => (closing ? this.#close() : this.#goOn()))
    } else if (closing) this.#close()
    else if (this.socket.writableLength > 0 && !isTaken) {
      // The client reads more slowly than we write: nothing more is answered until it has.
      this.phase = 'writing'
      awaitWrite(this.socket, hit, () => this.#goOn())
    }
    return first
  }

  /** To those who keep account of requests. */
  #tell(hit: Prepared, first: Buffer, isHead: boolean, target: string, started: number): void {
    const { site, block } = this.#reader
    const asked = { peer: this.peer, block: block!, isHead, target, site, httpVersion: '1.1' }
    this.#lane.ears!.ended(endedHit(hit, first, asked, this.#lane.clock.monotonic() - started))
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

  /** Hands one whole request to the slow lane. */
  #lend(bytes: Buffer, at: number, length: number): void {
    const { end, lent: block, bodyFrom } = this.#reader
    this.phase = 'lent'
    // What is held already need not be copied for each request in it.
    this.#held = end === length ? EMPTY : bytes === this.#held ? bytes.subarray(end) : own(bytes, end, length)
    const lent = {
      method: METHODS[bytes[at]!]!,
      target: bytes.toString('latin1', line.targetFrom, line.targetTo),
      fields: block.fields,
      body: bodyFrom === end ? null : own(bytes, bodyFrom, end),
      keepsAlive: !block.close,
      bytes: end - at,
    }
    this.#handover.lend(lent, this.#ended && this.#held.length === 0)
  }

  #answered(goesOn: boolean): void {
    if (this.phase !== 'lent') return
    if (goesOn) this.#goOn()
    else this.#leaveToClose()
  }

  /** Nothing follows a lent request whose client has ended its side: the slow lane knows how long that one will wait. */
  #endLent(): void {
    if (this.#ended && this.#held.length === 0) this.#handover.end()
  }

  /** Gives the connection to the slow lane for good. */
  #give(bytes: Buffer): void {
    this.phase = 'given'
    this.#held = EMPTY
    this.#handover.give(bytes, this.#ended)
  }

  #onEnd(): void {
    this.#ended = true
    if (this.phase === 'given') this.#handover.end()
    else if (this.phase === 'lent') this.#endLent()
    else if (this.phase === 'reading') this.#finish()
  }

  /** The client will send no more. A request that it left unfinished is the slow lane's to refuse. */
  #finish(): void {
    if (this.#held.length > 0) this.#give(this.#held)
    // Who has asked nothing is told no goodbye, which over TLS is a record of its own that reaches nobody.
    else if (this.isUnused) this.socket.destroy()
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
    // What the kernel had not taken from us the client has not either.
    if (this.phase === 'writing' || (this.#endsWithHit && !this.socket.writableFinished)) this.#lane.count.cut()
    this.#handover.destroy()
    this.#lane.forget(this)
  }
}

/** A copy that outlives the read: the bytes may lie in the buffer that all connections read into. */
const own = (bytes: Buffer, from: number, to: number): Buffer => Buffer.from(bytes.subarray(from, to))
