// What the bench of generators says: requests for a second of CPU, and the goals. Pure.

/** One generator in one round. */
export interface Round {
  name: string
  requests: number
  /** Seconds of CPU of all its processes; and of time. */
  cpu: number
  seconds: number
}

interface Line {
  name: string
  /** Requests for a second of CPU: median, least, greatest. */
  perCpuSecond: [number, number, number]
  perSecond: number
  /** Breakwater's requests for a second of CPU over this one's, round by round: median, least, greatest. */
  ratio: [number, number, number] | null
}

interface Report {
  lines: Line[]
  goals: { text: string; met: boolean }[]
}

/** Breakwater over each of them. */
const GOALS: Record<string, number> = { wrk: 0.6, autocannon: 1.5, artillery: 15 }

const spread = (values: readonly number[]): [number, number, number] => {
  const sorted = values.toSorted((a, b) => a - b)
  return [sorted[sorted.length >> 1]!, sorted[0]!, sorted.at(-1)!]
}

export function reportOf(rounds: readonly Round[]): Report {
  const of = (name: string): number[] => rounds.filter(each => each.name === name).map(({ requests, cpu }) => requests / cpu) // prettier-ignore
  const own = of('breakwater')
  const lines = [...new Set(rounds.map(({ name }) => name))].map((name): Line => {
    const perCpu = of(name)
    const perSecond = spread(rounds.filter(each => each.name === name).map(({ requests, seconds }) => requests / seconds))[0] // prettier-ignore
    const ratio = name === 'breakwater' ? null : spread(perCpu.map((each, round) => own[round]! / each))
    return { name, perCpuSecond: spread(perCpu), perSecond, ratio }
  })
  const goals = lines.flatMap(({ name, ratio }) => {
    const goal = GOALS[name]
    if (goal === undefined || ratio === null) return []
    const met = ratio[0] >= goal
    return [{ text: `requests per CPU second against ${name}: ${ratio[0].toFixed(2)}x, goal ${goal}x: ${met ? 'met' : 'missed'}`, met }] // prettier-ignore
  })
  return { lines, goals }
}

const whole = (value: number): string => String(Math.round(value))

export function textOf(
  { lines, goals }: Report,
  { machine, date, command }: { machine: string; date: string; command: string },
): string {
  // prettier-ignore
  const rows = lines.map(({ name, perCpuSecond: [median, least, most], perSecond, ratio }) => `| ${name} | ${whole(median)} (${whole(least)}-${whole(most)}) | ${whole(perSecond)} | ${ratio === null ? '' : `${ratio[0].toFixed(2)}x (${ratio[1].toFixed(2)}-${ratio[2].toFixed(2)})`} |`) // prettier-ignore
  return [
    '## rehearse',
    'What a generator of load costs: requests for a second of its own CPU, on the same stored page of 1 KiB in the same run. wrk and autocannon ask again as soon as they are answered, over 64 connections; the generator of `breakwater rehearse` and Artillery send on a schedule, the former at two thirds of what a trial says that a core bears. The page has one core, the generator the other.',
    `\`${command}\` on ${date}: ${machine}.`,
    [
      '| generator | requests/CPU s | requests/s | Breakwater against it |',
      '| --- | ---: | ---: | ---: |',
      ...rows,
    ].join('\n'),
    goals.map(({ text }) => `- ${text}`).join('\n'),
  ].join('\n\n')
}
