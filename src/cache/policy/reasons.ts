// The codes of the table of reasons (src/reasons.ts) that the cache's decisions give, sorted by what was decided. The
// sentences and what to do about them stand in the table, beside those of the other rooms.

import type { ReasonCode } from '../../reasons.ts'

/** Why a response was stored. */
export type Stored = Extract<
  ReasonCode,
  'stored-explicit' | 'stored-heuristic' | 'stored-by-rule' | 'stored-to-validate'
>

/** Why a response was not stored. */
export type NotStored = Extract<
  ReasonCode,
  | 'bypass-by-rule'
  | 'key-over-bound'
  | 'header-over-bound'
  | 'method-not-stored'
  | 'head-not-stored'
  | 'post-without-freshness'
  | 'request-body'
  | 'incomplete'
  | 'request-no-store'
  | 'response-no-store'
  | 'private'
  | 'unknown-transfer-coding'
  | 'partial-response'
  | 'status-never-stored'
  | 'status-not-understood'
  | 'vary-star'
  | 'authorization'
  | 'request-cookie'
  | 'set-cookie'
  | 'no-freshness'
  | 'of-no-use'
  | 'too-many-tags'
  | 'copy-differs'
  | 'copy-unproven'
  | 'body-over-bound'
>

/** Why a stored response was used, or was not. */
export type Reused = Extract<
  ReasonCode,
  | 'fresh'
  | 'stale'
  | 'stale-while-revalidate'
  | 'request-max-stale'
  | 'response-no-cache'
  | 'must-revalidate'
  | 'purged'
  | 'request-no-cache'
  | 'request-max-age'
  | 'request-min-fresh'
  | 'only-if-cached'
>
