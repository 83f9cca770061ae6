// `breakwater event undo`, and what `serve` does when its config is wrong: what events have left to undo is undone from the data
// directory, without a config and without serving.

import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { localIn, ownZone } from '../../base/zoned.ts'
import { settle } from '../../plan/settle.ts'
import type { Settled } from '../../plan/settle.ts'
import { takeDataDirectory } from '../../supervisor/data-directory.ts'
import { post } from '../../watch/outward.ts'
import { dataOf } from '../admin-client.ts'

interface UndoFlags {
  data?: string
  config?: string
  now?: boolean
  json?: boolean
}

/** Something is still not undone. */
const NOT_UNDONE = 1

/** Throws StartError where a process has the data directory: it undoes by itself. */
export async function undo(flags: UndoFlags): Promise<void> {
  const settled = await settleIn(resolve(await dataOf(flags)), flags.now === true)
  if (settled.failed.length > 0) process.exitCode = NOT_UNDONE
  process.stdout.write(flags.json === true ? `${JSON.stringify(settled, null, 2)}\n` : told(settled))
}

/** Says on stderr what it did; what goes wrong with it is said there too, since the config's own errors matter as much. */
export async function undoWhatIsDue(flags: UndoFlags): Promise<void> {
  const data = resolve(await dataOf(flags))
  if (!existsSync(join(data, 'plan.sqlite'))) return
  try {
    const settled = await settleIn(data, false)
    if (Object.values(settled).some(list => list.length > 0)) process.stderr.write(told(settled))
  } catch (error) {
    process.stderr.write(
      `What events left to undo was not looked at: ${error instanceof Error ? error.message : String(error)}\n`,
    )
  }
}

async function settleIn(data: string, everything: boolean): Promise<Settled> {
  const { release, problem } = takeDataDirectory(data)
  if (problem !== null) process.stderr.write(`${problem}\n`)
  try {
    return await settle(data, posted, systemClock, () => undefined, everything)
  } finally {
    release()
  }
}

const posted = async (url: string, body: string, fields: Record<string, string>): Promise<string | null> => {
  try {
    await post(url, body, fields)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function told({ undone, failed, later }: Settled): string {
  const lines = [
    ...undone.map(step => `Undone: ${step}`),
    ...failed.map(({ step, error }) => `STILL NOT UNDONE: ${step}${error === null ? '' : ` (${error})`}`),
    ...later.map(({ step, due }) => `To be undone at ${localIn(due, ownZone())} (${ownZone()}): ${step}`),
    ...(failed.length + later.length > 0
      ? ['Try again with: breakwater event undo, or, before it is due: event undo --now']
      : []),
  ]
  return `${(lines.length === 0 ? ['There is nothing to undo.'] : lines).join('\n')}\n`
}
