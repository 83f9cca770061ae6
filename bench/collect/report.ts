// What `npm run bench:collect` tells: medians of the rounds with the least and the greatest, the goals, and what took part.

import { median } from '../rounds.ts'
import { PEERS } from './peers.ts'

export interface Round {
  /** Posts accepted a second at most. */
  rate: number
  /** CPU microseconds of both cores for each post, load included. */
  cpu: number
  /** Those of the server's processes. */
  serverCpu: number
  /** Posts a second that the steady load sent. */
  pace: number
  /** Milliseconds. */
  p50: number
  p99: number
  most: number
  problems: string[]
}

export interface Report {
  date: string
  command: string
  machine: string
  /** By the server's name. */
  rounds: Record<string, Round[]>
  goals: { goal: string; value: number; met: boolean }[]
}

const GOAL = { rate: 15_000, p99: 50 }

/** The goals are Breakwater's: the medians of its rounds count. */
export function goalsOf(rounds: Record<string, Round[]>): Report['goals'] {
  const own = rounds['breakwater']
  if (own === undefined) return []
  const [rate, p99] = [median(own.map(each => each.rate)), median(own.map(each => each.p99))]
  return [
    { goal: `at least ${GOAL.rate} posts/s`, value: rate, met: rate >= GOAL.rate },
    { goal: `p99 below ${GOAL.p99} ms at 70% of that`, value: p99, met: p99 < GOAL.p99 },
  ]
}

/** As Markdown, for the page and the terminal alike. */
export function textOf({ date, command, machine, rounds, goals }: Report): string {
  const rows = PEERS.flatMap(({ name, title }) => {
    const all = rounds[name]
    if (all === undefined) return []
    const cell = (key: Exclude<keyof Round, 'problems'>, digits: number): string =>
      spread(
        all.map(each => each[key]),
        digits,
      )
    return [
      `| ${[title, cell('rate', 0), cell('cpu', 0), cell('serverCpu', 0), cell('pace', 0), cell('p50', 1), cell('p99', 1), cell('most', 0)].join(' | ')} |`,
    ]
  })
  const problems = Object.entries(rounds).flatMap(([name, all]) =>
    all.flatMap(each => each.problems.map(problem => `- ${name}: ${problem}`)),
  )
  return [
    '## collect',
    'Posts of 1 KiB from 256 connections, each synced to disk before it is answered; servers and load share the same two cores. Answer times at a steady 70% of the rate reached before (an open model: each post counts from the moment at which it was due). Breakwater checks two fields of each form and hands nothing to the site meanwhile.',
    `\`${command}\` on ${date}: ${machine}.`,
    [
      '| server | posts/s | CPU µs/post, load included | CPU µs/post, server | steady posts/s | p50 ms | p99 ms | slowest ms |',
      '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      ...rows,
    ].join('\n'),
    [
      'Median of the rounds (least-greatest).',
      ...goals.map(({ goal, value, met }) => `- ${goal}: ${value.toFixed(1)}, ${met ? 'met' : 'missed'}`),
      ...problems,
    ].join('\n'),
  ].join('\n\n')
}

const spread = (values: readonly number[], digits: number): string =>
  values.length === 1
    ? values[0]!.toFixed(digits)
    : `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)})`
