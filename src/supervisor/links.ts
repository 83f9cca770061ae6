// Who talks to whom: edges, journal and watch have a channel of their own to core; edges and watch have one to the forms
// thread. When either end dies, the other gets a new channel.

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

/** Joins a thread that has just started with the forms thread; the forms thread itself with whoever speaks to it. */
export function joinForms(started: Place, places: readonly Place[]): void {
  const forms = places.find(({ role }) => role.name === 'forms')
  for (const place of forms === started ? places : [started]) {
    const { name } = place.role
    if (name !== 'edge' && name !== 'watch') continue
    if (!place.thread || !forms?.thread) continue
    const { port1, port2 } = new MessageChannel()
    forms.thread.order(name === 'edge' ? { type: name, slot: place.slot, port: port2 } : { type: name, port: port2 }, [
      port2,
    ])
    place.thread.order({ type: 'forms', port: port1 }, [port1])
  }
}
