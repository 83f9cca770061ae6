// What the admin server answers with: JSON, text, or problem details (RFC 9457).

import { STATUS_CODES } from 'node:http'
import type { ServerResponse } from 'node:http'

export interface Reply {
  status: number
  type: string
  body: string
  /** In place of `body`, where it is no text. */
  bytes?: Uint8Array
  headers?: Record<string, string>
  /** What comes instead of the body goes on without end; the head is sent already. */
  stream?: (response: ServerResponse) => void
}

export const json = (value: unknown, status = 200): Reply => ({
  status,
  type: 'application/json',
  body: `${JSON.stringify(value, null, 2)}\n`,
})

export const text = (body: string, type = 'text/plain; charset=utf-8'): Reply => ({ status: 200, type, body })

/** `more` are members of its own. */
export function problem(status: number, detail: string, more: Record<string, unknown> = {}): Reply {
  const body = { type: 'about:blank', title: STATUS_CODES[status], status, detail, ...more }
  return { ...json(body, status), type: 'application/problem+json' }
}
