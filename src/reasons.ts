// Every reason there is: why a response was not stored, why a request was passed, shed or refused. One table, so that
// Cache-Status, the log, `explain` and the docs use the same words. Each room adds its rows here.

interface ReasonRow {
  /** What happened, one sentence. */
  prose: string
  /** What a person can do about it, where something can be done. */
  mend?: string
  /** The status Breakwater answers with, for refusals. */
  status?: number
}

const row = (prose: string, more: Omit<ReasonRow, 'prose'> = {}): ReasonRow => ({ prose, ...more })

export const reasons = {
  'queue-full': row('As many requests wait for the origin as may wait.', { status: 503, mend: 'Cache more, or raise queue.length if the origin bears it.' }),
  'queue-deadline': row('The request waited for the origin as long as it may.', { status: 503 }),
  'no-origin': row('No origin of the site is up.', { status: 503 }),
  'core-away': row('The thread that grants permits does not answer.', { status: 503 }),
  draining: row('This process is shutting down.', { status: 503 }),
  'connect-failed': row('No connection to the origin could be made.', { status: 502 }),
  'connect-timeout': row('The origin did not accept a connection in time.', { status: 504 }),
  'first-byte-timeout': row('The origin sent no response head in time.', { status: 504 }),
  'idle-timeout': row('The origin stopped in the middle of its answer.', { status: 504 }),
  'origin-reset': row('The origin closed the connection before its answer was whole.', { status: 502 }),
  'origin-garbage': row('The origin sent what is no HTTP response.', { status: 502 }),
  'origin-loop': row('The request has passed this Breakwater before (Via names it).', { status: 508 }),
  'too-many-streams': row('As many upgraded connections and event streams are open as may be.', { status: 503 }),
  'body-too-large': row('The request body is larger than limits.requestBody.', { status: 413 }),
  'spool-full': row('No room is left to take request bodies in.', { status: 503 }),
  'unknown-host': row('No site has this host.', { status: 421 }),
  'bad-request': row('The request is malformed or ambiguous.', { status: 400 }),
  'method-refused': row('This method is not forwarded.', { status: 405 }),
  'target-too-long': row('The request target is longer than limits.targetBytes.', { status: 414 }),
  'headers-too-large': row('The header section is larger than limits.headerBytes or has more lines than limits.headerCount.', { status: 431 }),
  'head-timeout': row('The header section was not whole within limits.headTimeout.', { status: 408 }),
  'body-timeout': row('The request body stopped for longer than limits.bodyTimeout.', { status: 408 }),
  'expectation-unknown': row('The request expects something other than 100-continue.', { status: 417 }),
  'version-refused': row('The request is not of HTTP/1.0 or HTTP/1.1.', { status: 505 }),
  'own-path-unknown': row('Nothing is at this path below /.breakwater/, which is never forwarded.', { status: 404 }),
  'room-failed': row('A part of Breakwater failed on this request; the log has the error.', { status: 500 }),
} as const satisfies Record<string, ReasonRow>

export type ReasonCode = keyof typeof reasons
