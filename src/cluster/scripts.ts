// The Lua scripts: each is a file, is sent once to each server, and is called by its digest after that.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const names = [
  ...(['ack', 'append', 'beat', 'claim', 'claim-end', 'claim-renew', 'forget', 'give-up', 'leave', 'offer'] as const),
  ...(['copy-beat', 'copy-become', 'copy-put', 'copy-send', 'copy-take'] as const),
  ...(['share', 'since', 'take', 'trim', 'unclaim'] as const),
] as const

export type ScriptName = (typeof names)[number]

export interface Script {
  text: string
  /** SHA-1 in hexadecimal, as EVALSHA wants it. */
  digest: string
}

function load(name: ScriptName): Script {
  const text = readFileSync(new URL(`./scripts/${name}.lua`, import.meta.url), 'utf8')
  return { text, digest: createHash('sha1').update(text).digest('hex') }
}

export const scripts = Object.fromEntries(names.map(name => [name, load(name)])) as Record<ScriptName, Script>
