// `npm test`: every test/**/*.test.ts, a process a file, and a closing line with the counts. `npm test -- --only WORD` runs
// the files whose path has the word, or, where there is none, the tests whose name has it; given more than once, what any word means.
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { play } from './play.ts'
import type { Played } from './play.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const words = wordsGiven()
const all = globSync('test/**/*.test.ts', { cwd: root }).sort()
const named = words.length === 0 ? all : all.filter(file => words.some(word => file.includes(word)))
const byName = named.length === 0
const pattern = byName ? words.map(word => RegExp.escape(word)).join('|') : undefined

/** More failed files than this are no accident of a busy machine. */
const MOST_AGAIN = 6
/** Milliseconds that a file may take, beside others and alone: the longest takes four minutes on a busy machine, one alone. */
const WITHIN = 10 * 60 * 1000
const ALONE_WITHIN = 5 * 60 * 1000

// Two at a time even where there is one core: that suits tests which wait for sockets and time-outs.
const first = await playAll(byName ? all : named, Math.max(2, availableParallelism() - 1), WITHIN)
const bad = first.filter(({ failed }) => failed > 0)
// Tests of time-outs and open files can fail when others take the machine from them. A file that fails is played again
// with nothing beside it; what fails then too has failed.
const names = bad.map(({ file }) => file)
const again = bad.length <= MOST_AGAIN ? await playAll(names, 1, ALONE_WITHIN) : bad
for (const { file, failed } of again)
  console.log(`${failed > 0 ? 'failed in' : 'failed beside others, passed alone:'} ${file}`)
const good = first.filter(({ failed }) => failed === 0)
const sum = (results: readonly Played[], count: 'passed' | 'failed'): number =>
  results.reduce((total, result) => total + result[count], 0)
const [passed, failed] = [sum([...good, ...again], 'passed'), sum(again, 'failed')]
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0

/** Plays the files, so many at a time, and prints each when it has ended. */
async function playAll(files: readonly string[], concurrency: number, within: number): Promise<Played[]> {
  const waiting = files.values()
  const results: Played[] = []
  const hand = async (): Promise<void> => {
    for (const file of waiting) {
      const result = await play(file, { cwd: root, pattern, within })
      results.push(result)
      console.log(`${file} (${result.seconds.toFixed(1)} s)\n${result.output}`)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, hand))
  return results
}

function wordsGiven(): string[] {
  try {
    return parseArgs({ options: { only: { type: 'string', multiple: true, default: [] } } }).values.only
  } catch (error) {
    console.error(`${(error as Error).message}\nUsage: npm test [-- --only WORD]...`)
    return process.exit(2)
  }
}
