// The way from a connection of the fast lane to the slow lane: one whole bodiless request at a time, or all that is still to
// come, for good.

import type { Socket } from 'node:net'
import { Bridge } from './bridge.ts'
import type { Peer } from './hits.ts'
import type { FastLane } from './lane.ts'

export class Handover {
  readonly #lane: FastLane
  readonly #socket: Socket
  readonly #peer: Peer
  /** Bytes of the socket come to the connection alone (see socket.ts), so the socket itself can be given away. */
  readonly #isDirect: boolean
  #bridge: Bridge | undefined

  constructor(lane: FastLane, socket: Socket, peer: Peer, isDirect: boolean) {
    this.#lane = lane
    this.#socket = socket
    this.#peer = peer
    this.#isDirect = isDirect
  }

  /** Hands one request over; `answered` is called when its answer is out, and tells whether the connection goes on. */
  lend(request: Buffer, answered: (end: { keepAlive: boolean }) => void): void {
    if (this.#bridge === undefined) {
      this.#bridge = new Bridge(this.#socket, () => {})
      this.#lane.slow.adopt(this.#bridge, this.#peer, { bridged: true, onExchangeEnd: answered })
    }
    this.#bridge.push(request)
  }

  /** Gives the connection away, with the bytes that nobody has looked at and its time-outs. */
  give(bytes: Buffer, hasEnded: boolean): void {
    this.#bridge?.detach()
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
    this.#bridge?.push(null)
  }

  destroy(): void {
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
