// Who talks to whom: every thread has a channel of its own to core. When either end dies, the other gets a new channel.

import { MessageChannel } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import type { Place } from './place.ts'

/** A channel between the place's thread, which is about to start, and core. Null where there is no core now. */
export function portForBirth(place: Place, core: Place | undefined): { port: MessagePort; introduce(): void } | null {
  const { arrival } = place.role
  const thread = core?.thread
  if (arrival === null || thread === null || thread === undefined) return null
  const { port1, port2 } = new MessageChannel()
  return { port: port1, introduce: () => thread.order(arrival(place.slot, port2), [port2]) }
}

/** Joins a running thread with a new core. */
export function join(place: Place, core: Place): void {
  const { arrival } = place.role
  if (arrival === null || place.thread === null || core.thread === null) return
  const { port1, port2 } = new MessageChannel()
  core.thread.order(arrival(place.slot, port2), [port2])
  place.thread.order({ type: 'core', port: port1 }, [port1])
}
