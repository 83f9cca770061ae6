// Requests and responses as far as the cache's decisions look at them.

import type { Fields } from '../../http/fields.ts'

export interface PolicyRequest {
  readonly method: string
  /** Absolute URI, as the visitor asked for it: scheme, host, target. */
  readonly uri: string
  /** As received. */
  readonly fields: Fields
  /** The request had content. */
  readonly hasBody?: boolean
}

export interface PolicyResponse {
  readonly status: number
  /** As received from the origin, hop-by-hop fields included. */
  readonly fields: Fields
  /** False once the body was cut short. True, or left out, while it may still become whole. */
  readonly complete?: boolean
}

/** Wall clock, milliseconds since the epoch: when the request left for the origin, and when the response's head came. */
export interface Times {
  readonly requested: number
  readonly received: number
}
