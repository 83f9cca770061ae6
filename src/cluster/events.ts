// Planned events, one plan for all nodes: what was commanded of an event on one of them lies on the server, and so does whose each of its
// steps is. What it means only the plan knows (plan/shared.ts); here it is text with a name and a time.

import { randomUUID } from 'node:crypto'
import type { EventsHeard, EventsSaid } from '../threads/cluster.ts'
import type { Keys } from './keys.ts'
import type { Link } from './link.ts'

/** As many words as two nodes may write that do not hear of each other (200 events each), with the runs of the last days. Of 64 KiB each. */
const MOST_WORDS = 1000
/** In one answer: 2 MiB at the most. */
const WORDS_AT_ONCE = 32
/** An event may last 30 days, and its steps begin 7 days ahead: milliseconds. */
const REMEMBERED = 40 * 86_400_000

/** `unsure` where the server does not answer. Never rejects. */
export async function shareEvents(
  { link, keys, name }: { link: Pick<Link, 'run'>; keys: Keys; name: string },
  said: EventsSaid,
): Promise<EventsHeard | 'unsure'> {
  const args = [name, JSON.stringify(said), randomUUID(), MOST_WORDS, WORDS_AT_ONCE, REMEMBERED]
  try {
    const text = await link.run('events', [keys.events, keys.steps], args)
    const { words, marks, refused, ...heard } = JSON.parse(String(text)) as EventsHeard
    return { ...heard, words: listOf(words), marks: listOf(marks), refused: listOf(refused) }
  } catch {
    return 'unsure'
  }
}

/** An empty list is an empty object in what Lua writes. */
const listOf = <T>(value: T[] | object): T[] => (Array.isArray(value) ? value : [])
