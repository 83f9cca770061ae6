// The bench's command line.

import { parseArgs } from 'node:util'
import { SIZES } from './pages.ts'
import type { Size } from './pages.ts'

export interface Options {
  /** Names of cases; empty for all. */
  readonly cases: readonly string[]
  readonly peers: readonly string[]
  readonly sizes: readonly Size[]
  readonly rounds: number | undefined
  readonly seconds: number
  readonly connections: number
  readonly storeMib: number
  readonly json: boolean
  readonly write: boolean
  readonly strict: boolean
  readonly help: boolean
}

export const USAGE = `npm run bench -- [CASE…] [options]

Measures Breakwater beside other servers on this machine: CPU time a request, memory, times of answers.
Without a CASE it runs all of them, which takes about 20 minutes. The cases restart-million, purge and overhead fill a
store with a million entries each and take 3 GiB of memory and 4 GiB of /dev/shm or disk.

Cases: CASES
  --peers NAME,…     servers: PEERS (default: all but varnish-nolog)
  --size KIB,…       sizes of pages for hits: ${SIZES.join(', ')} (default: all)
  --rounds N         rounds, each server once in each (default: what the case asks for)
  --seconds N        length of a round's load (default: 2)
  --connections N    idle connections (default: 10000)
  --store MIB        bound of the store for the case store (default: 128)
  --json             print the report as JSON
  --write            put the report into docs/benchmarks.md
  --strict           a missed goal is an error (exit code 3)

What a hit, a miss, a waiter and a form cost over a cluster, and how many nodes a crowd needs: npm run bench -- scale --help

Exit code 1: something could not be measured. 2: the command line is wrong, or wrk is missing.`

/** Reads the arguments. Throws an Error that says what is wrong with which. */
export function readOptions(args: readonly string[], cases: readonly string[], peers: readonly string[]): Options {
  const { values, positionals } = parseArgs({ args: [...args], options: FLAGS, allowPositionals: true })
  return {
    cases: among(positionals, cases, 'case'),
    peers: among(list(values.peers), peers, 'server'),
    sizes: among(list(values.size), SIZES.map(String), 'size').map(size => Number(size) as Size),
    rounds: values.rounds === undefined ? undefined : number(values.rounds, '--rounds', 1, 100),
    seconds: number(values.seconds, '--seconds', 1, 60),
    connections: number(values.connections, '--connections', 1, 15_000),
    storeMib: number(values.store, '--store', 16, 4096),
    json: values.json,
    write: values.write,
    strict: values.strict,
    help: values.help,
  }
}

const FLAGS = {
  peers: { type: 'string', default: 'breakwater,breakwater-uncounted,nginx,nginx-static,node,varnish,haproxy' },
  size: { type: 'string', default: SIZES.join() },
  rounds: { type: 'string' },
  seconds: { type: 'string', default: '2' },
  connections: { type: 'string', default: '10000' },
  store: { type: 'string', default: '128' },
  json: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  strict: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

function list(text: string): string[] {
  return text
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '')
}

function among(given: readonly string[], known: readonly string[], what: string): readonly string[] {
  const unknown = given.find(each => !known.includes(each))
  if (unknown !== undefined) throw new Error(`there is no ${what} ${unknown}; there are ${known.join(', ')}`)
  return given
}

function number(text: string, flag: string, least: number, most: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new Error(`${flag} takes a whole number from ${least} to ${most}, not ${text}`)
}
