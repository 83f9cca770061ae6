// What is wrong between the options of an event: times that do not exist, an end before the start, steps that say two things.
// The same for events in the file and for those that come by the admin address.

import { momentIn } from '../base/zoned.ts'
import type { LocalMoment } from '../base/zoned.ts'
import type { Path } from './kind.ts'
import type { Problem } from './read.ts'
import type { EventConfig, StepConfig } from './types.ts'

/** `sites` are the names there are. */
export function eventContradictions(event: EventConfig, sites: readonly string[], path: Path): Problem[] {
  const { site } = event
  const found = [...times(event, path), ...event.steps.flatMap((step, i) => steps(step, [...path, 'steps', i]))]
  if (site !== undefined && !sites.includes(site))
    found.push(problem([...path, 'site'], `there is no site ${site}; there are ${sites.join(', ')}`))
  if (site === undefined && sites.length > 1)
    found.push(problem([...path, 'site'], `there are several sites: name the one that is meant (${sites.join(', ')})`))
  return found
}

function times(event: EventConfig, path: Path): Problem[] {
  const { at, until, zone } = event
  if ((event.for === undefined) === (until === undefined))
    return [problem([...path, 'for'], 'say either how long it lasts (for) or when it ends (until)')]
  const start = momentIn(at, zone)
  const end = until === undefined ? undefined : momentIn(until, zone)
  const found = [...unclear(at, zone, start, [...path, 'at'])]
  if (until !== undefined && end !== undefined) found.push(...unclear(until, zone, end, [...path, 'until']))
  if (start.kind === 'once' && end?.kind === 'once' && end.at <= start.at)
    found.push(problem([...path, 'until'], `the end (${until}) is not after the start (${at})`))
  if (start.kind === 'once' && end?.kind === 'once' && end.at - start.at > LONGEST)
    found.push(problem([...path, 'until'], `it would last more than 30 days`))
  return found
}

/** As for `for`. */
const LONGEST = 30 * 86_400_000

function unclear(text: string, zone: string, moment: LocalMoment, path: Path): Problem[] {
  if (moment.kind === 'once') return []
  const [earlier, later] = moment.readings.map(reading => reading.text)
  const message =
    moment.kind === 'skipped'
      ? `${text} does not exist in ${zone}: the clocks skip it. It could mean ${earlier} or ${later}`
      : `${text} comes twice in ${zone}: the clocks go back. It could mean ${earlier} or ${later}`
  return [problem(path, `${message}. Write the time that is meant, or give it with zone: UTC`)]
}

/** When it ends for the last time, wall clock in milliseconds; Infinity where it repeats. The event has no contradictions. */
export function endOf({ at, until, zone, for: lasts, repeat }: EventConfig): number {
  if (repeat !== undefined) return Infinity
  const moment = momentIn(until ?? at, zone)
  const local = moment.kind === 'once' ? moment.at : moment.readings[0].at
  return until === undefined ? local + (lasts ?? 0) : local
}

/** What a step can do, by the member that says it. */
const KINDS = ['mode', 'warm', 'scale', 'scheduled', 'join', 'admit', 'dns', 'notice', 'run', 'webhook'] as const
/** Why such a step takes no undo. */
const OWN_UNDO: Partial<Record<(typeof KINDS)[number], string>> = {
  mode: 'a mode undoes itself',
  warm: 'warm needs no undo',
  scheduled: 'what is only checked needs no undo',
  join: 'join undoes itself',
  admit: 'admit undoes itself',
  dns: 'what is only checked needs no undo',
  notice: 'a notice undoes itself',
}

function steps(step: StepConfig, path: Path): Problem[] {
  const { undo, at, before, hold, scale, scheduled, admit, off } = step
  // A recipe has become a program.
  const isRecipe = scale !== undefined || scheduled !== undefined
  const said = KINDS.filter(kind => step[kind] !== undefined && !(isRecipe && kind === 'run'))
  const [kind] = said
  if (kind === undefined || said.length > 1)
    return [problem(path, `a step does one thing: give it ${KINDS.join(', ')}, and only one of them`)]
  const undone = scale === undefined ? [undo.run, undo.webhook].filter(value => value !== undefined).length : 1
  const found: Problem[] = []
  if (scale !== undefined && (scale.to === undefined || scale.back === undefined))
    found.push(problem([...path, 'scale'], 'say how many instances during the event (to), and afterwards (back)'))
  if (admit !== undefined && !admit.opens && admit.sessions === undefined && admit.rate === undefined)
    found.push(problem([...path, 'admit'], 'say what is to be other than in the config: opens, sessions or rate'))
  if (off !== undefined && kind !== 'run' && kind !== 'webhook')
    found.push(problem([...path, 'off'], 'off goes with run or webhook: they say how it is switched off'))
  if (undone > 1) found.push(problem([...path, 'undo'], 'a step is undone in one way: run or webhook'))
  if (undone > 0 && OWN_UNDO[kind] !== undefined) found.push(problem([...path, 'undo'], OWN_UNDO[kind]))
  if (at === 'end' && before <= 0 && hold <= 0 && (undone > 0 || /undoes itself/.test(OWN_UNDO[kind] ?? '')))
    found.push(problem([...path, 'hold'], 'a step at the end that is undone at the end does nothing: say hold'))
  return found
}

const problem = (path: Path, message: string): Problem => ({ code: 'contradiction', path, part: 'value', message })
