// `npm run storms`: plays every storm without the shield and with it and writes docs/storms.md. `npm run storms -- --json`
// prints the figures instead. `--only NAME` plays one and writes its chapter anew, `--seconds N` each for so long.
import { readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { freshSeed } from '../src/base/random.ts'
import { type Played, playStorm } from '../src/cli/storms/play.ts'
import { scaleOf, STORMS } from '../src/cli/storms/storms.ts'
import { stormMarkdown, stormReport } from '../src/cli/storms/table.ts'

const USAGE = `npm run storms [-- --only NAME] [--seconds N] [--json]   (${STORMS.map(({ name }) => name).join(', ')})`

const values = wished()
const stop = new AbortController()
process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort())

const all: Played[] = []
for (const storm of STORMS.filter(each => values.only === undefined || each.name === values.only)) {
  if (stop.signal.aborted) break
  process.stderr.write(`${storm.name}: ${storm.title}\n`)
  const seconds = values.seconds === undefined ? storm.seconds : Number(values.seconds)
  const options = { storm, seconds, seed: freshSeed(), scale: scaleOf(storm), shielded: true, tell: () => {} }
  all.push(await playStorm(options, stop.signal))
}
const PAGE = new URL('../docs/storms.md', import.meta.url)
const command = `npm run storms${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(' ')}` : ''}`
if (values.json === true) process.stdout.write(`${JSON.stringify(all.map(stormReport))}\n`)
else if (stop.signal.aborted) process.stderr.write('Not all storms were played: docs/storms.md stays as it is.\n')
else writeFileSync(PAGE, page(chapters()))
process.exitCode = stop.signal.aborted ? 130 : all.some(({ with: behind }) => (behind?.lost ?? 0) > 0) ? 1 : 0

/** What the command line asks for. Ends the process where that cannot be. */
function wished(): { json?: boolean; only?: string; seconds?: string } {
  try {
    const options = { json: { type: 'boolean' }, only: { type: 'string' }, seconds: { type: 'string' } } as const
    const given = parseArgs({ options }).values
    const { only, seconds } = given
    if (only !== undefined && !STORMS.some(({ name }) => name === only)) throw new RangeError(`There is no storm ${only}.`) // prettier-ignore
    if (seconds !== undefined && !(Number(seconds) >= 1)) throw new RangeError(`--seconds ${seconds} is no time: a number from 1 on.`) // prettier-ignore
    return given
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`)
    return process.exit(2)
  }
}

/** By storm, in the order of the stories: those that were played now, and of the others what stands there. */
function chapters(): string[] {
  const before = values.only === undefined ? '' : readFileSync(PAGE, 'utf8')
  return STORMS.flatMap(({ name }) => {
    const played = all.find(({ storm }) => storm.name === name)
    if (played !== undefined) return chapter(played)
    const from = before.indexOf(`\n## ${name}:`) + 1
    const to = before.indexOf('\n## ', from)
    return from === 0 ? [] : `${before.slice(from, to < 0 ? undefined : to).trim()}\n`
  })
}

function chapter(played: Played): string {
  const { storm, seconds, seed, scale } = played
  const times = Math.round(storm.storySeconds / seconds)
  const told = `Rates at scale ${scale}; ${seconds} s stand for ${storm.story.duration} (time compressed ${times} times). \`${command}\`, seed ${seed}.`
  return `## ${storm.name}: ${storm.title}\n\n${told}\n\n${stormMarkdown(played)}\n`
}

function page(chapters: readonly string[]): string {
  const machine = `${cpus()[0]?.model.trim() ?? 'an unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`
  return `# The storms

<!-- Made by \`npm run storms\`. -->

True stories, played against small sites whose bottlenecks are real, once straight and once behind the shield, under the
same crowd. Everything ran on one machine: crowd, shield and site shared its cores (${machine}).
Play one with \`breakwater rehearse --scenario NAME\`.

${chapters.join('\n')}`
}
