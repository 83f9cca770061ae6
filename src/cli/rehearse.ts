// `breakwater rehearse`: sends a crowd at a site that agrees and says how it held, or looks for its wall and what broke
// first. Ends by itself, at Ctrl-C with what was seen until then.
import type { Command } from 'commander'
import { coloursFor } from './colours.ts'
import { CliError } from './cli-error.ts'
import { crowdOptions, gaugeOptions, resultOptions } from './rehearse/command.ts'
import type { RehearseFlags } from './rehearse/flags.ts'
import { playLoad, playWall } from './rehearse/play.ts'
import { prepare } from './rehearse/prepare.ts'
import { rehearseScenario } from './rehearse/scenario.ts'
import { withEvent } from './rehearse/event.ts'
import { stillHolds } from './rehearse/stale.ts'
import { Guard } from '../rehearse/live.ts'

export function registerRehearse(program: Command): void {
  const command = program
    .command('rehearse')
    .description('send a crowd at a site that agrees, and find its wall')
    .argument('[url]', 'the site: an address of this machine, or a host that agrees')
  for (const add of [crowdOptions, gaugeOptions, resultOptions]) add(command)
  command.action(async (url: string | undefined, flags: RehearseFlags) => {
    process.exitCode = await rehearse(url, flags)
  })
}

async function rehearse(url: string | undefined, flags: RehearseFlags): Promise<number> {
  const stop = new AbortController()
  let suffered: string | undefined
  const onSignal = (): void => stop.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  try {
    if (flags.scenario !== undefined) return await rehearseScenario(flags, colours, stop.signal)
    if (url === undefined) throw new CliError('Name the site: breakwater rehearse http://127.0.0.1:8080 --find-wall')
    const rehearsal = await prepare(url, flags, stop.signal)
    try {
      const guard = await guardOf(flags, why => {
        suffered = why
        stop.abort()
      })
      rehearsal.onSecond = second => guard?.see(second)
      const held = flags.ifStale === true ? stillHolds(rehearsal, colours) : undefined
      const play = () => (flags.findWall === true ? playWall : playLoad)(rehearsal, colours)
      return held ?? (await (flags.event === undefined ? play() : withEvent(flags.event, flags, rehearsal, play)))
    } finally {
      if (suffered !== undefined) process.stderr.write(`Stopped: ${suffered}.\n`)
      await Promise.all([rehearsal.gauges.close(), rehearsal.browsers?.close()])
    }
  } catch (error) {
    if (error instanceof Error && (error.name === 'TargetRefused' || error instanceof RangeError))
      throw new CliError(error.message)
    throw error
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

/** Watches over real visitors; undefined where it is not asked for. */
async function guardOf({ live, admin }: RehearseFlags, stop: (why: string) => void): Promise<Guard | undefined> {
  if (live === undefined) return undefined
  const stats =
    admin === undefined
      ? undefined
      : `${/^https?:\/\//.test(admin) ? admin.replace(/\/$/, '') : `http://${admin}`}/api/stats`
  const guard = new Guard({ floor: live, stats, token: process.env['BREAKWATER_TOKEN'] }, stop)
  await guard.check()
  return guard
}

const colours = coloursFor(process.stdout)
