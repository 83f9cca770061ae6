// What a server of the bench is to the rest of it: something that can be started in front of the origin, and stopped.

import type { IncomingHttpHeaders } from 'node:http'
import type { Core } from '../processes.ts'
import type { Program } from '../programs.ts'

/** What a server is started with. All get the same, and each its best settings for it. */
export interface Setup {
  readonly originPort: number
  /** All that its processes and threads may use. */
  readonly core: Core
  /** On tmpfs, its own; it is empty at the first start and kept from one start to the next. */
  readonly folder: string
  /** The size of the pages that will be asked for, for servers whose best settings depend on it. */
  readonly pageBytes: number
  /** Memory for stored responses, in bytes. */
  readonly storeBytes: number
  /** False: it passes everything through and stores nothing. */
  readonly caching: boolean
  /** Threads or workers that serve visitors. */
  readonly workers: number
  /** What is asked for below this pattern stands behind a waiting room that lets in one. */
  readonly waitingBelow?: string
  /** It serves HTTPS as well, HTTP/2 too, with a certificate of `makeCertificate`. */
  readonly tls?: true
}

/** A server that runs. */
export interface Server {
  readonly name: string
  readonly port: number
  /** Where it serves HTTPS, where the case asked for it. */
  readonly securePort?: number
  /** Its first process; all others descend from it. */
  readonly pid: number
  /** Milliseconds from its start to its first answer. */
  readonly startedIn: number
  /** Where it is commanded, where it has an address for that. */
  readonly adminPort?: number
  /** Where Node's inspector listens, where the case asked for it. */
  readonly inspectorPort?: number
  stop(): Promise<void>
}

export interface Peer {
  readonly name: string
  /** What has to be on the machine. */
  readonly programs: readonly Program[]
  start(setup: Setup): Promise<Server>
  /** Whether an answer says of itself that it is a stored one; undefined when this server says nothing about it. */
  isHit(headers: IncomingHttpHeaders): boolean | undefined
}

/** A page every server can be asked for once it is up, and that leaves nothing in its store. */
export const READY_PATH = '/no-store/1k/0.html'
