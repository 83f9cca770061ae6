// `npm run bench -- scale`: what a hit, a miss, a waiter and a form cost a node and the cluster's server, measured, and the arithmetic from
// there to how many machines a crowd needs. docs/scale.md has the last run.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine } from '../machine.ts'
import { withBlock } from '../markdown.ts'
import { stopEverything } from '../processes.ts'
import { TASKSET, WRK, has, installation } from '../programs.ts'
import { cores } from '../world.ts'
import { begin, serverProgram } from './house.ts'
import { textOf } from './report.ts'
import type { Report } from './report.ts'
import { idle, units } from './units.ts'
import type { Units } from './units.ts'

const PAGE = fileURLToPath(new URL('../../docs/scale.md', import.meta.url))
const NODES = 3
const EXTENT = { visitors: 2000, forms: 3000, purges: 50 }

const USAGE = `npm run bench -- scale [options]

Measures what one hit, miss, waiter, form and purge cost a node and the cluster's server (redis-server or valkey-server,
started here), and reckons how many nodes a crowd needs and where the server becomes the limit. Takes about a minute.

  --visitors N,…   visitors an hour (default: 1000000,10000000,100000000)
  --hits N         requests of a visitor that are answered from the store (default: 40)
  --misses N       requests of a visitor for the origin (default: 1)
  --waiting PART   part of the visitors who wait (default: 0.2)
  --wait SECONDS   how long they do (default: 300)
  --forms PART     part of the visitors who send a form (default: 0.1)
  --peak N         the busiest minute over the mean (default: 3)
  --cold N         pages an hour that no node has (default: 20000)
  --purges N       purges an hour (default: 600)
  --cores N        cores of a node (default: 4)
  --use PART       of them, and of the server's core, at the peak (default: 0.5)
  --seconds N      length of each load (default: 4)
  --units FILE     reckon with what an earlier run has measured (its --json), and measure nothing
  --json           print what was measured, and what was reckoned with
  --write          put the report into docs/scale.md

Exit code 1: something could not be measured. 2: the command line is wrong, or a program is missing.`

const text = (value: string) => ({ type: 'string', default: value }) as const
const flag = { type: 'boolean', default: false } as const
const OPTIONS = {
  visitors: text('1000000,10000000,100000000'),
  hits: text('40'),
  misses: text('1'),
  waiting: text('0.2'),
  wait: text('300'),
  forms: text('0.1'),
  peak: text('3'),
  cold: text('20000'),
  purges: text('600'),
  cores: text('4'),
  use: text('0.5'),
  seconds: text('4'),
  units: { type: 'string' },
  json: flag,
  write: flag,
  help: { ...flag, short: 'h' },
} as const

const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Its exit code; `args` without the word `scale`. */
export async function scale(args: readonly string[]): Promise<number> {
  let wishes: ReturnType<typeof wishesOf>
  try {
    wishes = wishesOf(args)
  } catch (error) {
    say(`${(error as Error).message}\nSee npm run bench -- scale --help`)
    return 2
  }
  if (wishes === null) {
    console.log(USAGE)
    return 0
  }
  const missing = [WRK, TASKSET, serverProgram()].filter(({ command }) => !has(command))
  if (wishes.units === undefined && (process.platform !== 'linux' || missing.length > 0)) {
    say(`It runs on Linux with wrk, taskset and redis-server or valkey-server. To install: ${installation(missing)}`)
    return 2
  }
  const known = wishes.units === undefined ? undefined : (JSON.parse(readFileSync(wishes.units, 'utf8')) as Report)
  const { crowd, machines, visitors, json, write } = wishes
  const report: Report = {
    ...{ date: new Date().toISOString().slice(0, 10), machine: machine([serverProgram()]), crowd, machines, visitors },
    command: known?.command ?? ['npm run bench -- scale', ...args].join(' '),
    units: await (known?.units ?? measured(wishes.seconds)),
    ...(known && { date: known.date, machine: known.machine }),
  }
  console.log(json ? JSON.stringify(report, null, 2) : textOf(report))
  if (write) writeFileSync(PAGE, withBlock(readFileSync(PAGE, 'utf8'), 'scale', textOf(report)))
  return 0
}

/** Null where help is wanted. Throws what is wrong with which. */
function wishesOf(args: readonly string[]) {
  const { values } = parseArgs({ args: [...args], options: OPTIONS })
  if (values.help) return null
  const number = (name: 'hits' | 'misses' | 'peak' | 'cold' | 'purges' | 'wait', least = 0): number =>
    within(values[name], `--${name}`, least, 1e6)
  const part = (name: 'waiting' | 'forms' | 'use'): number => within(values[name], `--${name}`, 0, 1)
  return {
    crowd: {
      ...{ hits: number('hits'), misses: number('misses'), waiting: part('waiting'), forms: part('forms') },
      ...{ wait: number('wait', 1), peak: number('peak', 1), cold: number('cold'), purges: number('purges') },
    },
    machines: { cores: within(values.cores, '--cores', 1, 1024), use: within(values.use, '--use', 0.01, 1) },
    visitors: values.visitors.split(',').map(each => within(each, '--visitors', 1, 1e12)),
    seconds: within(values.seconds, '--seconds', 1, 60),
    ...{ units: values.units, json: values.json, write: values.write },
  }
}

function within(given: string, flag: string, least: number, most: number): number {
  const value = Number(given)
  if (given.trim() !== '' && value >= least && value <= most) return value
  throw new Error(`${flag} takes a number from ${least} to ${most}, not ${given}`)
}

async function measured(seconds: number): Promise<Units> {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-scale-'))
  let isEnding = false
  const end = async (): Promise<void> => {
    await stopEverything()
    rmSync(folder, { recursive: true, force: true })
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (!isEnding) void end().then(() => process.exit(130))
      isEnding = true
    })
  try {
    say('one node at rest')
    const alone = await atRest(folder, seconds)
    say(`${NODES} nodes at rest`)
    const house = await begin(mkdtempSync(join(folder, 'all-')), NODES, cores())
    try {
      const rest = await idle(house, 2 * seconds)
      const extent = { ...EXTENT, seconds, core: cores().load, folder, say }
      return { idle: [alone, rest], ...(await units(house, extent, rest)) }
    } finally {
      await house.stop()
    }
  } finally {
    await end()
  }
}

async function atRest(folder: string, seconds: number) {
  const house = await begin(mkdtempSync(join(folder, 'one-')), 1, cores())
  try {
    return await idle(house, 2 * seconds)
  } finally {
    await house.stop()
  }
}
