// What threads tell each other of other nodes; the messages themselves are in messages.ts.

import type { KeptCertificate } from './kept-certificates.ts'
import type { ChallengeAnswers } from './messages.ts'

/** What is to be purged, as keys and hashes that mean the same on every node. Keys are latin1. */
export type PurgeOrder =
  /** What lies under keys that begin so. */
  | { kind: 'below'; below: string[]; soft: boolean }
  /** Single URLs, each by its keys. */
  | { kind: 'keys'; urls: string[][]; soft: boolean }
  /** What has a tag of one of these hashes. */
  | { kind: 'tags'; hashes: number[]; soft: boolean }

/** What a node says of certificates that are ordered: one node orders, all show what it has got. */
export interface CertificatesSaid {
  /** Open challenges of this node's order: all nodes answer them. */
  answers: ChallengeAnswers
  /** What it has, until when (wall clock, milliseconds), and which word of the server's about each it has heard. */
  has: { name: string; until: number; word: string }[]
  /** `isNew`: in the place of whatever there is. */
  offers: { certificate: KeptCertificate; until: number; isNew: boolean }[]
  /** Of the directory that is asked now. */
  directory: string
  account: string | null
  /** Wants to order this name, and nobody else to for so many milliseconds; 0: others may again. */
  order: { name: string; for: number } | null
}

/** What it hears. */
export interface CertificatesHeard {
  /** Of others. */
  answers: ChallengeAnswers[]
  certificates: { certificate: KeptCertificate; word: string }[]
  /** Names of what this node has, and nobody else, or only an older one. */
  wanted: string[]
  account: string | null
  mayOrder: boolean
}

/** One request's worth of a rate, as it is counted over all nodes: what it is counted by, and its window in microseconds. */
export interface RateTake {
  key: string
  interval: number
  burst: number
}

/** Microseconds until each is paid off; or which of them has nothing left, and for how many microseconds. */
export type RateTaken = { ahead: number[] } | { refused: number; wait: number }

/** Which nodes have carried out a purge, and which have not said so in time. */
export interface Spread {
  nodes: string[]
  without: string[]
}

/** How this node stands in its cluster. */
export interface ClusterState {
  /** `joined`: the store of the cluster answers, and this node is a member. */
  state: 'joined' | 'alone'
  /** Why it is alone. */
  why: string | null
  /** Wall clock, milliseconds. */
  since: number
  node: string
  /** Who leads, as far as is known, and the number of its lease. */
  leader: string | null
  token: number
  members: { name: string; isLost: boolean }[]
  server: ServerFacts | null
  purges: {
    /** The last entry of the log that is carried out here. */
    applied: number
    /** Every entry that there was a moment ago is carried out. */
    isCurrent: boolean
  }
  shares: OriginShare[]
  rooms: RoomStanding[]
  /** Milliseconds by which the server's clock is ahead of this node's, as last seen. */
  ahead: number
  /** The last mode of each site that was commanded on any node. */
  modes: SharedMode[]
  /** What each node that is there has counted, its own included. */
  figures: NodeFigures[]
}

/** What this node may have in flight to an origin, of what all may; and what nodes hold that are lost. */
export interface OriginShare {
  site: string
  origin: string
  share: number
  max: number
  kept: { node: string; held: number }[]
}

export interface SharedMode {
  site: string
  /** Where it was commanded, and why. */
  node: string
  why: string
  /** Grows with every command. */
  rev: number
}

/** By name: a second's worth, or how things stand. What they mean is the watch thread's to say. */
export type Figures = Record<string, number>

export interface NodeFigures {
  node: string
  /** Milliseconds. */
  age: number
  figures: Figures
}

/** A step of an event, or its undo, that one node is to do: `isLate`: nobody has for a while. */
export interface StepClaim {
  step: string
  act: 'do' | 'undo'
  isLate: boolean
  /** Of whoever asks: its plan on disk, and the server's table of events that it has read. */
  owner: string
  table: string
}

/** `away`: nobody can tell now. `mark`: whose it is, where that is known. */
export interface StepClaimed {
  how: 'mine' | 'theirs' | 'wait' | 'away'
  mark: StepMark | null
}

/** Whose a step or its undo is: a plan on disk, at a node. `failed`: it is over, and did not succeed; `ended`: it did. */
export interface StepMark {
  act: 'do' | 'undo'
  step: string
  owner: string
  node: string
  state: 'begun' | 'failed' | 'ended'
}

/** What was commanded of an event on some node, as the plan wrote it: `event NAME`, `cancelled NAME`, `run KEY`. */
export interface EventWord {
  name: string
  text: string
  /** When it was commanded, and from when on it may be forgotten (0: never): the server's clock, milliseconds. */
  since: number
  ends: number
  node: string
  /** Proves that whoever wrote it has the secret that all nodes have; empty where there is none. */
  seal: string
}

/** What a node says of events, and what it has heard: words up to a number in one of the server's tables. */
export interface EventsSaid {
  table: string
  rev: number
  words: Omit<EventWord, 'node'>[]
  marks: StepMark[]
}

export type EventsUnheard = 'away' | 'unsure'

export interface EventsHeard {
  table: string
  rev: number
  /** There are more words to be asked for. */
  isMore: boolean
  words: EventWord[]
  /** Of the steps of runs that are among the words. */
  marks: StepMark[]
  /** Names of words for which there is no room. */
  refused: string[]
}

/** A waiting room that nodes have in common. */
export interface RoomStanding {
  site: string
  room: string
  /** Numbers are this node's own: the server does not answer, or nodes have not told it yet what they know. */
  isApart: boolean
  /** Numbers given out here, and not merged with those of the others. */
  unmerged: number
}

/** Why a node was not taken off the list. */
export type NotForgotten = 'unknown-node' | 'node-lives' | 'cluster-away'

/** What the server can do. */
export interface ServerFacts {
  product: 'valkey' | 'redis'
  version: string
  /** How a write is known to be safe: `waitaof` from Redis 7.2 and in Valkey; before that `wait`, which counts replicas alone. */
  copies: 'waitaof' | 'wait'
}

/** What watch asks of the other nodes, through core. */
export type ClusterQuestion =
  /** Whether this node is to do a step of an event; answered `step-claimed`. */
  | ({ type: 'step' } & StepClaim)
  /** What all nodes have of ordered certificates; answered `certificates-heard`. */
  | { type: 'certificates'; said: CertificatesSaid }
  /** What was commanded of events; answered `events-heard`. */
  | { type: 'events'; said: EventsSaid }

export type ClusterAnswer =
  | ({ type: 'step-claimed' } & StepClaimed)
  /** `away`: the cluster's server does not answer. */
  | { type: 'certificates-heard'; heard: CertificatesHeard | 'away' }
  /** `away`: nothing was sent to the server. `unsure`: it has not answered. */
  | { type: 'events-heard'; heard: EventsHeard | EventsUnheard }

/** Bytes: larger stored responses each node fetches for itself. In base64 1.4 MiB on the way. */
export const LARGEST_CARRIED = 1024 * 1024

/** A page that another node wants: to be fetched for nobody in particular, so that it is stored. */
export interface WantedPage {
  /** The cache key, and what it is made of. */
  key: string
  site: string
  scheme: 'http' | 'https'
  host: string
  target: string
  /** Accept-Encoding of who wants it there, of common codings alone. */
  codings: string | undefined
}

/** What other nodes want of an edge, or tell it. */
export type FromNodes =
  | ({ type: 'fetch-for-nodes' } & WantedPage)
  /** The answer to `rate`; null where nobody can tell now. */
  | { type: 'rated'; id: number; taken: RateTaken | null }
