// How each generator is started for the same page, with the same number of connections.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { located, WRK } from '../programs.ts'

/** As many as wrk is usually run with; this generator takes as many as its visitors need. */
const CONNECTIONS = 64

interface Where {
  port: number
  /** Folder of the commands of npm packages. */
  bins: string
  /** For files it needs. */
  folder: string
  seconds: number
  /** For those that send by schedule. */
  rate: number
}

export interface Generator {
  name: string
  /** The command of an npm package. */
  bin?: string
  /** Milliseconds in which it is under way. */
  startsWithinMs: number
  argv: (where: Where) => string[]
}

const OWN = fileURLToPath(new URL('../../test/rehearse/generator/main.ts', import.meta.url))
/** Artillery sends by schedule; what it bears on one core, found by trying. */
const ARTILLERY_RATE = 600

export const GENERATORS: readonly Generator[] = [
  {
    name: 'breakwater',
    startsWithinMs: 2000,
    argv: ({ port, rate, seconds }) => [process.execPath, OWN, `http://127.0.0.1:${port}`, String(rate), String(seconds + 10)],
  },
  {
    name: 'wrk',
    startsWithinMs: 0,
    argv: ({ port, seconds }) => [located(WRK.command), '-t1', `-c${CONNECTIONS}`, `-d${seconds + 5}s`, `http://127.0.0.1:${port}/`],
  },
  {
    name: 'autocannon',
    bin: 'autocannon',
    startsWithinMs: 1000,
    argv: ({ bins, port, seconds }) => [process.execPath, join(bins, 'autocannon'), '-c', String(CONNECTIONS), '-d', String(seconds + 10), `http://127.0.0.1:${port}/`],
  },
  {
    name: 'artillery',
    bin: 'artillery',
    startsWithinMs: 8000,
    argv: ({ bins, port, folder, seconds }) => {
      const file = join(folder, 'artillery.json')
      const phases = [{ duration: seconds + 30, arrivalRate: ARTILLERY_RATE }]
      const config = { target: `http://127.0.0.1:${port}`, phases, http: { pool: CONNECTIONS } }
      writeFileSync(file, JSON.stringify({ config, scenarios: [{ flow: [{ get: { url: '/' } }] }] }))
      return [process.execPath, join(bins, 'artillery'), 'run', '--quiet', file]
    },
  },
] // prettier-ignore
