// A rehearsal with the steps of a planned event: they are done at the running process before the crowd comes, and undone afterwards,
// whatever became of it. So what is rehearsed is what will be there in that hour, and the runbook itself is rehearsed too.

import { setTimeout as sleep } from 'node:timers/promises'
import type { EventView, PlanView, StepView } from '../../plan/view.ts'
import { command } from '../admin-client.ts'
import type { AdminFlags } from '../admin-client.ts'
import { CliError } from '../cli-error.ts'
import type { Rehearsal } from './prepare.ts'

/** Instances may take a while to come up. */
const DONE_WITHIN = 15 * 60_000
const UNDONE_WITHIN = 10 * 60_000
const LOOK_EVERY = 500
const ANSWERS_WITHIN = 60_000
const STOPPED_EXIT = 130

/** Plays once every step for the start of the event is done, and undoes them afterwards. Somebody's Ctrl-C ends it with 130. */
export async function withEvent(
  name: string,
  flags: AdminFlags,
  { write, signal }: Pick<Rehearsal, 'write' | 'signal'>,
  play: () => Promise<number>,
): Promise<number> {
  await command(flags, 'POST', '/api/events/start', { event: name })
  write(`The steps of ${name}:\n`)
  try {
    await stepsDone(name, flags, write, signal)
    return signal.aborted ? STOPPED_EXIT : await play()
  } finally {
    await endEvent(name, flags, write)
  }
}

/** Resolves when every step for the start of the event is done, or when somebody has ended it. Rejects with CliError. */
async function stepsDone(
  name: string,
  flags: AdminFlags,
  write: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const told = new Set<string>()
  for (const began = Date.now(); !signal.aborted; await sleep(LOOK_EVERY)) {
    const { steps, now } = await viewOf(name, flags)
    const due = steps.filter(each => each.due.at <= now)
    for (const { step, state, error } of due)
      tell(told, write, `${step}: ${state}${error === null ? '' : `, ${error}`}`)
    if (due.every(({ state }) => state === 'done')) return
    if (Date.now() - began > DONE_WITHIN)
      throw new CliError(
        `The steps of ${name} are not done after 15 min: breakwater event show ${JSON.stringify(name)}`,
      )
  }
}

/** Resolves when all is undone. One answer that does not come is no reason to leave anything done: it is asked again. */
async function endEvent(name: string, flags: AdminFlags, write: (text: string) => void): Promise<void> {
  let isStopped = false
  for (const began = Date.now(); ; await sleep(LOOK_EVERY)) {
    try {
      if (!isStopped && (await viewOf(name, flags)).isOn)
        await command(flags, 'POST', '/api/events/stop', { event: name })
      isStopped = true
      if (await isUndone(name, flags, write)) return
    } catch (error) {
      if (Date.now() - began > ANSWERS_WITHIN) throw error
    }
    if (Date.now() - began > UNDONE_WITHIN)
      throw new CliError(`It is still not undone, and tried again without end: breakwater event list`)
  }
}

async function isUndone(name: string, flags: AdminFlags, write: (text: string) => void): Promise<boolean> {
  const { owed, events, now } = (await command(flags, 'GET', '/api/events')) as PlanView
  const open = (events.find(each => each.name === name)?.steps ?? []).filter(isOpen)
  const held = open.filter(({ undoDue }) => undoDue !== null && undoDue.at > now)
  if (owed.some(({ event }) => event === name) || open.length > held.length) return false
  for (const { step, undoDue } of held) write(`  ${step}: held until ${undoDue!.text}\n`)
  write(`What was done for ${name} is undone${held.length === 0 ? '' : ', but for what it holds longer'}.\n`)
  return true
}

const isOpen = ({ state, undoDue }: StepView): boolean =>
  undoDue !== null && state !== 'planned' && state !== 'undone' && state !== 'skipped'

async function viewOf(
  name: string,
  flags: AdminFlags,
): Promise<Pick<EventView, 'steps'> & { now: number; isOn: boolean }> {
  const { events, now } = (await command(flags, 'GET', '/api/events')) as PlanView
  const event = events.find(each => each.name === name)
  if (event === undefined) throw new CliError(`${name} was cancelled meanwhile.`)
  return { steps: event.steps, now, isOn: event.state === 'on' }
}

/** Each thing once. */
function tell(told: Set<string>, write: (text: string) => void, text: string): void {
  if (told.has(text)) return
  told.add(text)
  write(`  ${text}\n`)
}
