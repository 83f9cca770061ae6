// The tables of docs/scale.md, from what was measured: the same numbers in a terminal and on the page.

import { idleAt, mostFor, pollsIn, sizingFor } from './reckon.ts'
import type { Crowd, Machines } from './reckon.ts'
import type { Cost, Units } from './units.ts'

export interface Report {
  readonly command: string
  readonly date: string
  readonly machine: string
  readonly units: Units
  readonly crowd: Crowd
  readonly machines: Machines
  readonly visitors: readonly number[]
}

type Table = readonly (readonly string[])[]

/** All of it, as Markdown. */
export function textOf(report: Report): string {
  const { command, date, machine, units, crowd, machines } = report
  const { purgeMs } = units
  return [
    `\`${command}\` on ${date}: ${machine}.`,
    '### What one costs',
    lines(costs(units)),
    lines(sizes(units)),
    `A purge had been acknowledged by all ${purgeMs.nodes} nodes after ${purgeMs.median.toFixed(1)} ms (median of ${purgeMs.count}; the longest ${purgeMs.most.toFixed(1)} ms), all of them on one core; goal: 100 ms. ${purgeMs.median < 100 ? 'Met' : 'Missed'}.`,
    times(units),
    '### How many nodes',
    assumed(crowd, machines),
    lines(sizings(report)),
    '### Where the server becomes the limit',
    lines(idles(units)),
    limits(report),
  ].join('\n\n')
}

const times = ({ coldMs: { own, owned, held, count } }: Units): string =>
  `A visitor has a page that the node has not after ${own.toFixed(1)} ms where the node owns it and fetches it; after ${owned.toFixed(1)} ms where another node owns it and fetches it, and after ${held.toFixed(1)} ms where that one has it already (medians of ${count} pages of 8 KiB, one at a time, from a site that answers at once).`

const KINDS = [
  ['hit', 'a hit (8 KiB)'],
  ['miss', 'a miss (8 KiB, passed through)'],
  ['cold', 'a page that no node has: asked of the others, fetched, stored'],
  ['arrival', 'a visitor who is given a place'],
  ['poll', 'who waits asks for the place'],
  ['entry', 'a visitor who is let in, with the page'],
  ['form', 'a form (1 KiB): taken, copied, sent to the site'],
] as const

const costs = ({ purge, ...units }: Units): Table => [
  ['one', 'CPU µs of nodes', 'scripts', 'commands', 'CPU µs of the server'],
  ...KINDS.map(([key, name]) => [name, units[key].cpu.toFixed(1), ...asked(units[key])]),
  ['a purge, over all nodes', '', ...asked(purge)],
]

const asked = ({ scripts, commands, server }: Pick<Cost, 'scripts' | 'commands' | 'server'>): string[] => [
  scripts.toFixed(2),
  commands.toFixed(2),
  server.toFixed(1),
]

const kib = (bytes: number): string => (bytes / 1024).toFixed(2)

const sizes = ({ memory, formBytes }: Units): Table => [
  ['what', 'KiB'],
  ['memory of a connection that is kept open', kib(memory.connection)],
  ['memory of a stored response of 8 KiB', kib(memory.stored)],
  ['memory of a request that the origin has not answered yet', kib(memory.miss)],
  ['memory of who waits, besides the connection', kib(memory.waiter)],
  ['data directory, of a form of 1 KiB', kib(formBytes.kept)],
  ['written to the disk for it, until it is delivered', kib(formBytes.written)],
  ['memory of the server for it, until it is delivered', kib(formBytes.server)],
]

const assumed = (crowd: Crowd, { cores, use }: Machines): string =>
  `A visitor makes ${crowd.hits} requests that are answered from the store and ${crowd.misses} that the origin has to answer; ${percent(crowd.waiting)} of all wait, ${crowd.wait} s each, in which they ask ${pollsIn(crowd.wait)} times; ${percent(crowd.forms)} send a form. ${count(crowd.cold)} pages an hour are asked for that no node has, and ${count(crowd.purges)} purges an hour. The busiest minute has ${crowd.peak} times the mean. A node has ${cores} cores; ${percent(use)} of them, and of the server's one core, are used at the peak; one node is to spare. Each of these is an option of the command.`

const sizings = ({ units, crowd, machines, visitors }: Report): Table => [
  [
    ...['visitors an hour', 'requests/s', 'waiting at once', 'forms/s', 'cores', 'nodes', 'GiB a node'],
    ...["server's scripts/s", 'commands/s', "of the server's core"],
  ],
  ...visitors.map(many => {
    const of = sizingFor(many, units, crowd, machines)
    return [
      ...[count(many), count(of.requests), count(of.waiters), count(of.forms), of.cores.toFixed(2), `${of.nodes}`],
      ...[of.gib.toFixed(2), count(of.scripts), count(of.commands)],
      `${percent(of.share)}${of.share > machines.use ? ': shard' : ''}`,
    ]
  }),
]

const idles = (units: Units): Table => [
  ['nodes that are there', 'each asks the server for, scripts/s', 'commands/s', "all take of the server's core"],
  ...[1, 3, 10, 30, 100].map(nodes => [
    `${nodes}`,
    idleAt(units, nodes, 'scripts').toFixed(1),
    idleAt(units, nodes, 'commands').toFixed(1),
    percent((nodes * idleAt(units, nodes, 'server')) / 1e6),
  ]),
]

function limits({ units, crowd, machines }: Report): string {
  const budget = machines.use * 1e6
  const most = (cost: Pick<Cost, 'server'>): string =>
    cost.server > 0.05 ? count(budget / cost.server) : 'any number of'
  const [measured] = units.idle
  return [
    `${percent(machines.use)} of one core of the server bear, each by itself:`,
    [
      `- ${most(units.arrival)} arrivals in a waiting room a second, or ${most(units.entry)} visitors let in`,
      `- ${most(units.form)} forms a second`,
      `- ${most(units.cold)} pages a second that no node has`,
      `- ${most({ server: units.purge.server })} purges a second over ${units.purgeMs.nodes} nodes`,
    ].join('\n'),
    `With the crowd above the server is used so much at **${count(mostFor(units, crowd, machines))} visitors an hour**. A lease is one script of the ${measured!.scripts.toFixed(1)} a second that a node asks for in any case.`,
  ].join('\n\n')
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))}%`

/** To three digits. */
const count = (number: number): string =>
  number >= 10 ? Number(number.toPrecision(3)).toLocaleString('en-US') : String(Number(number.toPrecision(2)))

function lines([header, ...rows]: Table): string {
  return [line(header!), line(header!.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
