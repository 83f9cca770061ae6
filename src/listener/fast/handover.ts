// The way from a connection of the fast lane to the slow lane: one whole request at a time, or all that is still to
// come, for good.

import type { Socket } from 'node:net'
import { Bridge } from './bridge.ts'
import type { Peer } from './hits.ts'
import type { FastLane } from './lane.ts'
import type { Lent, LentRequest } from '../slow/types.ts'
import type { Visit } from '../visit.ts'

interface Ways {
  lane: FastLane
  socket: Socket
  peer: Peer
  isDirect: boolean
  visit: Visit
  answered: (goesOn: boolean) => void
}

export class Handover {
  readonly #lane: FastLane
  readonly #socket: Socket
  readonly #peer: Peer
  /** Bytes of the socket come to the connection alone (see socket.ts), so the socket itself can be given away. */
  readonly #isDirect: boolean
  readonly #visit: Visit
  readonly #answered: (goesOn: boolean) => void
  #lent: Lent | undefined
  #bridge: Bridge | undefined

  /** `answered` is called when the answer to a lent request is out, and told whether the connection goes on. */
  constructor({ lane, socket, peer, isDirect, visit, answered }: Ways) {
    this.#lane = lane
    this.#socket = socket
    this.#peer = peer
    this.#isDirect = isDirect
    this.#visit = visit
    this.#answered = answered
  }

  /** Hands one request over: the next only when that is answered. `isLast`: the visitor has ended its side behind it. */
  lend(request: LentRequest, isLast: boolean): void {
    this.#lent ??= this.#lane.slow.lend({
      socket: this.#socket,
      peer: this.#peer,
      visit: this.#visit,
      answered: this.#answered,
    })
    if (isLast) this.#lent.visitorEnded()
    this.#lent.take(request)
  }

  /** Gives the connection away, with the bytes that nobody has looked at and its time-outs. */
  give(bytes: Buffer, hasEnded: boolean): void {
    this.#lent?.leave()
    this.#lent = undefined
    if (this.#isDirect && !hasEnded) return this.#giveSocket(bytes)
    const bridge = new Bridge(this.#socket, () => {
      if (this.#socket.isPaused()) this.#socket.resume()
    })
    this.#bridge = bridge
    this.#lane.slow.adopt(bridge, this.#peer)
    if (!bridge.push(bytes)) this.#socket.pause()
    if (hasEnded) bridge.push(null)
  }

  /** What came on a connection that was given away. False: read no more for now. */
  push(chunk: Buffer): boolean {
    // Without a bridge it is an upgraded socket, which node:http reads no more by itself.
    if (this.#bridge === undefined) return this.#socket.push(chunk)
    if (!this.#bridge.push(chunk)) this.#socket.pause()
    return true
  }

  /** The client has ended its side. */
  end(): void {
    this.#lent?.visitorEnded()
    this.#bridge?.push(null)
  }

  destroy(): void {
    this.#lent?.leave()
    this.#bridge?.destroy()
  }

  /** The socket itself, from which node:http reads without a stream between: 10 µs less for each request. */
  #giveSocket(bytes: Buffer): void {
    this.#bridge = undefined
    this.#lane.count.bytesIn(bytes.length)
    this.#socket.unshift(bytes)
    this.#lane.slow.adopt(this.#socket, this.#peer)
  }
}
