// `breakwater rehearse --scenario NAME`: one of the storms, without the shield and with it, and the table at its end.
import { freshSeed } from '../../base/random.ts'
import { CliError } from '../cli-error.ts'
import { playStorm } from '../storms/play.ts'
import { scaleOf, STORMS, stormOf } from '../storms/storms.ts'
import { stormReport, stormText } from '../storms/table.ts'
import type { Colours } from '../colours.ts'
import type { RehearseFlags } from './flags.ts'
import { HEADING, secondLine } from './screen.ts'

/** Plays it; 0 when nobody behind the shield was lost, 1 when somebody was, 3 when a run is not valid. */
export async function rehearseScenario(flags: RehearseFlags, colours: Colours, signal: AbortSignal): Promise<number> {
  const storm = stormOf(flags.scenario!)
  if (storm === undefined) {
    throw new CliError(
      `There is no scenario ${flags.scenario}: it is one of ${STORMS.map(each => each.name).join(', ')}.`,
    )
  }
  const { seconds = storm.seconds, seed = freshSeed(), without = false, json = false } = flags
  const scale = scaleOf(storm)
  const write = (text: string): void => void (json || process.stdout.write(text))
  const story = `${colours.bold(storm.title)}: ${storm.story.rate}.\n`
  const times = Math.round(storm.storySeconds / seconds)
  write(`${story}Rates at scale ${scale}; ${seconds} s for ${storm.story.duration} (time compressed ${times} times).\n`)
  let shown: string | undefined
  const played = await playStorm(
    {
      storm,
      seconds,
      seed,
      scale,
      shielded: !without,
      tell: (side, second) => {
        if (side !== shown) write(`\n${colours.bold(`${side} the shield`)}\n${HEADING}`)
        shown = side
        write(secondLine(second.planned / second.seconds, second, undefined, colours))
      },
    },
    signal,
  )
  write(`\n${stormText(played)}`)
  const faults = [...played.without.faults, ...(played.with?.faults ?? [])]
  write(faults.map(fault => colours.red(`Not valid: ${fault}.\n`)).join(''))
  if (json) process.stdout.write(`${JSON.stringify(stormReport(played))}\n`)
  if (signal.aborted) return 130
  if (!played.without.valid || played.with?.valid === false) return 3
  return played.with !== undefined && played.with.lost > 0 ? 1 : 0
}
