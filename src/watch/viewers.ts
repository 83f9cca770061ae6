// The dashboards that are open: server-sent events, one each second. A viewer that does not read is let go, so that a
// browser that hangs costs a bounded piece of memory.
// https://html.spec.whatwg.org/multipage/server-sent-events.html

import type { ServerResponse } from 'node:http'
import { problem } from './reply.ts'
import type { Reply } from './reply.ts'

/** A quarter of the admin address's connections, so that probes and scrapers always find one. */
const MOST_VIEWERS = 64
/** About half a minute of events (8 KiB each); 64 × 256 KiB = 16 MiB at most. */
const MOST_WAITING = 256 * 1024
/** After a broken connection the browser comes back so soon. */
const RETRY_AFTER = 2_000

export class Viewers {
  readonly #open = new Set<ServerResponse>()

  get count(): number {
    return this.#open.size
  }

  /** The stream for one more, or why there is none. */
  admit(): Reply {
    if (this.#open.size >= MOST_VIEWERS)
      return problem(
        503,
        `There are ${MOST_VIEWERS} live views already. /api/stats can be asked for each second instead.`,
      )
    return { status: 200, type: 'text/event-stream', body: '', stream: response => this.#begin(response) }
  }

  /** Tells all of them; `event` is one line of JSON. */
  tell(event: string): void {
    for (const response of this.#open) {
      if (response.writableLength > MOST_WAITING) response.destroy()
      else response.write(`data: ${event}\n\n`)
    }
  }

  #begin(response: ServerResponse): void {
    // Gone already: its close has been and does not come again.
    if (response.destroyed) return
    this.#open.add(response)
    response.on('close', () => this.#open.delete(response))
    response.write(`retry: ${RETRY_AFTER}\n\n`)
  }
}
