// The Lua scripts: each is a file, is sent once to each server, and is called by its digest after that.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const names = [
  ...(['ack', 'append', 'beat', 'claim', 'claim-end', 'claim-renew', 'forget', 'give-up', 'leave', 'offer'] as const),
  ...(['copy-beat', 'copy-become', 'copy-put', 'copy-send', 'copy-take'] as const),
  ...(['share', 'since', 'take', 'trim', 'turn-down', 'unclaim'] as const),
  ...([
    'room-command',
    'room-draw',
    'room-end',
    'room-enter',
    'room-merge',
    'room-redeem',
    'room-round',
    'room-take',
  ] as const),
  ...(['certificates', 'events', 'figures', 'mode', 'modes', 'rates', 'secret', 'step', 'tickets'] as const),
] as const

export type ScriptName = (typeof names)[number]

export interface Script {
  text: string
  /** SHA-1 in hexadecimal, as EVALSHA wants it. */
  digest: string
}

/** By the server's time, over rows of JSON. */
const OVER_ROWS: readonly string[] = ['certificates', 'events', 'step'] satisfies (typeof names)[number][]

/** Those of waiting rooms begin with what they have in common, and so do those over rows. */
function load(name: ScriptName): Script {
  const beginning = name.startsWith('room-') ? ['room'] : OVER_ROWS.includes(name) ? ['rows'] : []
  const parts = [...beginning, name]
  const text = parts.map(part => readFileSync(new URL(`./scripts/${part}.lua`, import.meta.url), 'utf8')).join('')
  return { text, digest: createHash('sha1').update(text).digest('hex') }
}

export const scripts = Object.fromEntries(names.map(name => [name, load(name)])) as Record<ScriptName, Script>
