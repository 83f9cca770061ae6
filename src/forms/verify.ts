// Looks through the whole journal: is the database sound, has every form its content, is each as it was taken?

import { readdirSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { Seal } from '../base/seal.ts'
import { isSealed } from '../base/sealing.ts'
import type { Row } from './rows.ts'
import { stateNumber } from './schema.ts'

const LOST = `SELECT count(*) AS lost FROM progress p LEFT JOIN form f ON f.number = p.number
  WHERE f.number IS NULL AND p.state NOT IN (?, ?)`

/** What is wrong, in words; nothing when all is sound. `bodies` is the folder of the large ones. */
export function faultsIn(database: DatabaseSync, bodies: string, seal: Seal): string[] {
  const said = database.prepare('PRAGMA integrity_check(20)').all()
  const wrong = said.map(row => String(row['integrity_check'])).filter(text => text !== 'ok')
  const lost = Number(database.prepare(LOST).get(stateNumber('erased'), stateNumber('moved'))?.['lost'])
  if (lost > 0) wrong.push(`${lost} forms have no content`)
  const here = new Set(readdirSync(bodies))
  for (const { file } of database.prepare('SELECT file FROM form WHERE file IS NOT NULL').iterate())
    if (!here.has(String(file))) wrong.push(`the body ${String(file)} is gone`)
  for (const row of database.prepare('SELECT number, body, digest FROM form WHERE file IS NULL').iterate())
    if (!isWhole(row, seal)) wrong.push(`form ${String(row['number'])} was changed on disk`)
  return wrong
}

function isWhole(row: Row, seal: Seal): boolean {
  try {
    const stored = row['body'] as Uint8Array
    const body = seal.open(stored, `body ${row['number'] as number}`)
    const by = isSealed(stored) ? seal : new Seal(undefined)
    return by.digest(body, null).equals(row['digest'] as Uint8Array)
  } catch {
    return false
  }
}
