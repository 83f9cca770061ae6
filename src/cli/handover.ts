// `breakwater handover`: another process takes the place of the one that serves, be it for a new version or for options that a reload
// cannot change.

import type { Command } from 'commander'
import { command, withAdmin } from './admin-client.ts'
import type { AdminFlags } from './admin-client.ts'
import { CliError } from './cli-error.ts'
import { setTimeout as sleep } from 'node:timers/promises'

interface Facts {
  pid: number
  version: string
  startedAt: string
  phase: string
}

/** Milliseconds: the successor's 30 s to get ready, and some. */
const READY_WITHIN = 40_000
/** Milliseconds: a drain's, before which forms are sent to their end, and the successor's 60 s to serve. */
const DONE_WITHIN = 150_000
const LOOK_EVERY = 100

export function registerHandover(program: Command): void {
  withAdmin(program.command('handover'))
    .description(
      'start another process in the place of the one that serves: a new version, or options that need a restart',
    )
    .action(async (flags: AdminFlags & { json?: boolean }) => {
      const since = performance.now()
      const before = await factsOf(flags)
      await command(flags, 'POST', '/api/handover', undefined, READY_WITHIN)
      const after = await served(flags, before, since + DONE_WITHIN)
      const ms = Math.round(performance.now() - since)
      const facts = { from: before.pid, to: after.pid, version: after.version, ms }
      const text = `Process ${after.pid} (${after.version}) serves since ${seconds(ms)} after the command. Process ${before.pid} answers what it has in flight, and ends.`
      process.stdout.write(`${flags.json === true ? JSON.stringify(facts) : text}\n`)
    })
}

/** Resolves once another process answers here. Rejects where the one before had to begin anew. */
async function served(flags: AdminFlags, before: Facts, until: number): Promise<Facts> {
  while (performance.now() < until) {
    await sleep(LOOK_EVERY)
    // For a moment nobody answers.
    const now = await factsOf(flags).catch(() => undefined)
    if (now === undefined || now.phase !== 'serving') continue
    if (now.pid !== before.pid) return now
    if (now.startedAt !== before.startedAt)
      throw new CliError(
        'The other process took over and could not serve, so this one has begun anew: its log tells why.',
      )
  }
  throw new CliError('No other process serves yet. The log tells what keeps it.')
}

const factsOf = async (flags: AdminFlags): Promise<Facts> => (await command(flags, 'GET', '/api/stats')) as Facts

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
