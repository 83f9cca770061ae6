// What threads are told, and tell, while one process takes the place of another (supervisor/handover.ts).

import type { MessagePort } from 'node:worker_threads'
import type { ListenAddress } from '../config/kinds/network.ts'
import type { AskId } from './messages.ts'

export type HandoverOrder =
  /** Every answer from now on is its connection's last: a successor is about to take the visitors over (for edges). */
  | { type: 'part' }
  /** Begin to send nothing more, and answer `at-rest` when nothing is in flight (for forms). */
  | { type: 'rest' }
  /**
   * A successor has the data directory from now on (for core): keep nothing there, let nobody in, and report `beside` until the end,
   * at once for the first time.
   */
  | { type: 'let-go' }
  /** What the process before this one still has in flight, as it told last (for core). Empty once it has ended. */
  | { type: 'beside'; origins: OriginLoad[] }
  /** What the process before this one has made untrue (for core); `voided` answers it. */
  | { type: 'void'; id: AskId; gone: Gone }
  /** An edge of the process before this one stands at the other end (for forms): it brings forms, and sends none. */
  | { type: 'former-edge'; slot: number; port: MessagePort }
  /** The answer to watch's `hand-over`: why there is no successor, or null. */
  | { type: 'handing-over'; id: AskId; why: string | null }

export type HandoverReport =
  /** Where it listens now, with its descriptors; before `ready`. */
  | { type: 'listening'; sockets: Listening[] }
  /** Nothing is being sent any more (of forms). */
  | { type: 'at-rest' }
  /** What the process has in flight (of core, once it has let go). */
  | { type: 'beside'; origins: OriginLoad[] }
  | { type: 'voided'; id: AskId }
  /** An operator wants another process in the place of this one. */
  | { type: 'hand-over'; id: AskId }

/** A socket that a thread listens on. */
export interface Listening {
  address: ListenAddress
  descriptor: number
}

/** What a process that has handed over still does to an origin, and where its limit stood. */
export interface OriginLoad {
  site: string
  url: string
  limit: number
  inFlight: number
  /** The whole limit, to begin from. */
  stood: number
}

/** What is to leave the store: what lies under these keys, below these prefixes, or has a tag of one of these hashes. */
export type Gone =
  | { type: 'removed'; keys: string[] }
  | { type: 'purged'; prefix: string; soft: boolean }
  | { type: 'tagged'; hashes: number[]; soft: boolean }
