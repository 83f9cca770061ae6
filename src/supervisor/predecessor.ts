// The process whose place this one is to take, as this one sees it: the sockets that it handed over, and the pipe.

import { Socket } from 'node:net'
import { formatListenAddress } from '../config/kinds/network.ts'
import type { ListenAddress } from '../config/kinds/network.ts'
import type { OriginLoad } from '../threads/handover.ts'
import type { Passed } from './sockets.ts'
import { VARIABLE } from './successor.ts'
import type { Inheritance } from './successor.ts'
import { Wire } from './wire.ts'
import type { FromNew, FromOld } from './wire.ts'

export type Later = Exclude<FromOld, { type: 'yours' }>

export class Predecessor {
  readonly pid: number
  readonly sockets: Passed[]
  readonly #settled: Map<string, string[]>
  readonly #wire: Wire<FromNew, FromOld>
  readonly #yours = Promise.withResolvers<OriginLoad[]>()
  readonly #ended = Promise.withResolvers<void>()
  #early: Later[] = []
  #heard: ((message: Later) => void) | undefined

  constructor({ from, pipe, sockets, settled }: Inheritance) {
    this.pid = from
    this.sockets = sockets
    this.#settled = new Map()
    for (const [asked, address] of settled) this.#settled.set(asked, [...(this.#settled.get(asked) ?? []), address])
    this.#wire = new Wire(
      new Socket({ fd: pipe }),
      message => this.#hear(message),
      () => this.#gone(),
    )
  }

  /** Settles when it is no more. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** The port that it drew where the config leaves that to the system; the next one each time. */
  portFor(address: ListenAddress): number | undefined {
    const settled = this.#settled.get(formatListenAddress(address))?.shift()
    return settled === undefined ? undefined : Number(settled.slice(settled.lastIndexOf(':') + 1))
  }

  /**
   * Says that this process is ready, and waits until the data directory is free; resolves with what the other still has in flight. One
   * that dies meanwhile leaves its place as well.
   */
  takeOver(): Promise<OriginLoad[]> {
    this.#wire.send({ type: 'ready' })
    return this.#yours.promise
  }

  /** This process serves now: `heard` gets what the other says from now on, and has said since it left. */
  serve(heard: (message: Later) => void): void {
    this.#heard = heard
    for (const message of this.#early) heard(message)
    this.#early = []
    this.#wire.send({ type: 'serving' })
    this.#wire.unref()
  }

  send(message: FromNew): void {
    this.#wire.send(message)
  }

  /** This process cannot start. */
  fail(why: string): void {
    this.#wire.send({ type: 'failed', why })
    this.#wire.close()
  }

  #hear(message: FromOld): void {
    if (message.type === 'yours') this.#yours.resolve(message.origins)
    else if (this.#heard === undefined) this.#early.push(message)
    else this.#heard(message)
  }

  #gone(): void {
    this.#yours.resolve([])
    this.#ended.resolve()
  }
}

/** The process that started this one as its successor, if one has. The variable is meant for no program further down. */
export function predecessorOf(env: NodeJS.ProcessEnv): Predecessor | undefined {
  const text = env[VARIABLE]
  delete env[VARIABLE]
  if (text === undefined) return undefined
  const inheritance = JSON.parse(text) as Inheritance
  return inheritance.from === process.ppid ? new Predecessor(inheritance) : undefined
}
