// `npm test`: every test/**/*.test.ts, a process a file, and a closing line with the counts. `npm test -- --only WORD` runs
// the files whose path has the word, or, where there is none, the tests whose name has it.
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { only } = parseArgs({ options: { only: { type: 'string' } } }).values
const all = globSync('test/**/*.test.ts', { cwd: root }).sort()
const named = only === undefined ? all : all.filter(file => file.includes(only))
const byName = only !== undefined && named.length === 0

/** More failed files than this are no accident of a busy machine. */
const MOST_AGAIN = 8
/** A file that has not ended by then, in milliseconds, hangs, and has failed. The longest takes two minutes. */
const FILE_WITHIN = 15 * 60 * 1000

const first = await play(
  (byName ? all : named).map(file => join(root, file)),
  Math.max(2, availableParallelism() - 1),
)
// Tests of time-outs and open files can fail when others take the machine from them. A file that fails is played again
// with nothing beside it; what fails then too has failed.
const again = first.failed > 0 && first.files.size <= MOST_AGAIN ? await play([...first.files], 1) : undefined
const files = again?.files ?? first.files
const failed = again === undefined ? first.failed : Math.max(again.failed, again.passed === 0 ? first.failed : 0)
const passed = first.passed + (again === undefined ? 0 : Math.max(0, first.failed - failed))
for (const file of first.files) {
  console.log(`${files.has(file) ? 'failed in' : 'failed beside others, passed alone:'} ${relative(root, file)}`)
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0

/** Runs the files, many at a time: that suits tests which wait for sockets and time-outs, even on a small machine. */
function play(files, concurrency) {
  const tests = run({
    files,
    cwd: root,
    timeout: FILE_WITHIN,
    concurrency,
    ...(byName ? { testNamePatterns: [new RegExp(RegExp.escape(only))] } : {}),
  })
  const failedFiles = new Set()
  tests.on('test:fail', ({ file, details }) => {
    if (file !== undefined && details.error?.failureType !== 'subtestsFailed') failedFiles.add(file)
  })
  return new Promise(resolve => {
    let result = { passed: 0, failed: 1, files: failedFiles }
    tests.on('test:summary', ({ file, counts }) => {
      if (file === undefined)
        result = { passed: counts.passed, failed: counts.failed + counts.cancelled, files: failedFiles }
    })
    const text = tests.compose(spec)
    text.on('end', () => resolve(result))
    text.pipe(process.stdout, { end: false })
  })
}
