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

/** Pieces that several scripts begin with, and which. */
const BEGINNINGS: readonly (readonly [piece: string, begins: (name: ScriptName) => boolean])[] = [
  ['time', name => BY_TIME.has(name) || OVER_ROWS.has(name) || isOfRooms(name)],
  ['run', name => BY_RUN.has(name) || isOfRooms(name)],
  ['rows', name => OVER_ROWS.has(name)],
  ['room', name => isOfRooms(name)],
]
const isOfRooms = (name: ScriptName): boolean => name.startsWith('room-')
const OVER_ROWS = new Set<ScriptName>(['certificates', 'events', 'step'])
const BY_TIME = new Set<ScriptName>(['beat', 'copy-beat', 'copy-take', 'figures', 'forget', 'modes', 'share'])
const BY_RUN = new Set<ScriptName>(['beat', 'copy-beat', 'events', 'share'])

function load(name: ScriptName): Script {
  const parts = [...BEGINNINGS.filter(([, begins]) => begins(name)).map(([piece]) => piece), name]
  const text = parts.map(part => readFileSync(new URL(`./scripts/${part}.lua`, import.meta.url), 'utf8')).join('')
  return { text, digest: createHash('sha1').update(text).digest('hex') }
}

export const scripts = Object.fromEntries(names.map(name => [name, load(name)])) as Record<ScriptName, Script>
