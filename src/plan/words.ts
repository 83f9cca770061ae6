// Steps in words, for lists, logs and alerts.

import type { StepConfig } from '../config/types.ts'
import type { Act, Task } from './task.ts'

/** A step in a few words: `mode spike`, `kubectl scale …`. */
export function wordsOf({ step }: Pick<Task, 'step'>, act: Act = 'do'): string {
  const own = ownWords(step, act)
  if (own !== undefined) return own
  const { run, webhook } = act === 'do' ? step : step.undo
  const words = run?.join(' ') ?? webhook ?? 'nothing'
  return step.off === undefined ? words : `${step.off} ${act === 'do' ? 'off' : 'on again'}: ${words}`
}

function ownWords(
  { mode, warm, scale, scheduled, join, admit, dns, notice }: StepConfig,
  act: Act,
): string | undefined {
  if (mode !== undefined) return `mode ${mode}`
  if (warm !== undefined) return `warm ${some(warm, 'paths')}`
  if (scale !== undefined) return `scale ${scale.what} to ${act === 'do' ? scale.to : scale.back} (${scale.with})`
  if (scheduled !== undefined)
    return `check that a schedule brings ${scheduled.what} to ${scheduled.to} (${scheduled.with})`
  if (join !== undefined) return act === 'do' ? `take in ${some(join, 'origins')}` : `take out ${some(join, 'origins')}`
  if (admit !== undefined)
    return act === 'do' ? `waiting room ${admit.room}: ${paceOf(admit)}` : `waiting room ${admit.room} as in the config`
  if (dns !== undefined)
    return `check that ${some(dns.names, 'names')} may be cached for ${dns.ttl / 1000} s at the most`
  if (notice !== undefined) return act === 'do' ? `notice: ${notice}` : 'take the notice away'
  return undefined
}

function paceOf({ opens, sessions, rate }: NonNullable<StepConfig['admit']>): string {
  return [
    ...(opens ? ['opens at the start'] : []),
    ...(sessions === undefined ? [] : [`sessions ${auto(sessions)}`]),
    ...(rate === undefined ? [] : [`rate ${rate === null ? 'auto' : `${auto(rate)}/s`}`]),
  ].join(', ')
}

const some = (all: readonly string[], what: string): string => (all.length === 1 ? all[0]! : `${all.length} ${what}`)

const auto = (value: number | null): string => (value === null ? 'auto' : String(Number(value.toFixed(4))))
