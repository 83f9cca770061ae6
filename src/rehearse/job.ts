// What a worker is told to do: plain data that crosses to its thread, and the bounds of it.
import type { Journey } from './journey/journey.ts'
import type { ArrivalProcess } from './schedule.ts'
import type { ShapeSpec } from './shapes/index.ts'

/** A page and how often it is asked for, beside the weights of the others. */
export interface WeightedPath {
  path: string
  weight: number
  /** Posted there as a form; without it, the page is asked for. */
  form?: Record<string, string>
}

export interface Job {
  /** An address that has been looked up and agrees (target.ts). */
  host: string
  port: number
  /** For https. */
  tls: { name: string; verify: boolean } | undefined
  /** Value of the Host field. */
  authority: string
  /** What the shield before the site knows its own rehearsals by. */
  mark: string | undefined
  /** What visitors want who want one page each. */
  paths: WeightedPath[]
  /** What visitors do; when there are any, `paths` is not used. */
  journeys: Journey[]
  shape: ShapeSpec
  /** This worker's part of the crowd, from 0 to 1. */
  share: number
  seconds: number
  process: ArrivalProcess
  seed: number
  /** Seconds after which a visitor reloads; undefined: they wait until they give up. */
  reloadAfter: number | undefined
  /** Share of arrivals, from 0 to 1, that come with empty cookies and a connection of their own. */
  newVisitors: number
  /** Name of a cookie which every visitor carries with a value of their own. */
  visitorCookie: string | undefined
  maxConnections: number
  /** Addresses of this machine to come from in turn; empty: as the system chooses (loopback.ts). */
  from: readonly string[]
  /** Whether visitors speak HTTP/2. */
  http2: boolean
}

/** Nobody waits longer for a page: a view with no good answer by then is lost (the project's promise, in ms). */
export const LOST_AFTER_MS = 10_000

/** A view sent later than this after its planned time was not sent on schedule. */
export const LATE_AFTER_MS = 100
