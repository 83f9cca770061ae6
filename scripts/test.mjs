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

const tests = run({
  files: (byName ? all : named).map(file => join(root, file)),
  cwd: root,
  // Many tests wait for sockets and time-outs, so even a small machine does well with two at a time.
  concurrency: Math.max(2, availableParallelism() - 1),
  ...(byName ? { testNamePatterns: [new RegExp(RegExp.escape(only))] } : {}),
})
const failedFiles = new Set()
tests.on('test:fail', ({ file, details }) => {
  if (file !== undefined && details.error?.failureType !== 'subtestsFailed') failedFiles.add(relative(root, file))
})
tests.on('test:summary', ({ file, counts }) => {
  if (file !== undefined) return
  const failed = counts.failed + counts.cancelled
  process.exitCode = failed > 0 || counts.passed === 0 ? 1 : 0
  process.on('exit', () => {
    for (const each of failedFiles) console.log(`failed in ${each}`)
    console.log(`${counts.passed} passed, ${failed} failed`)
  })
})
tests.compose(spec).pipe(process.stdout)
