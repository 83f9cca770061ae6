// `npm run storms`: plays every storm without the shield and with it and writes docs/storms.md. `npm run storms -- --json`
// prints the figures instead. `--only NAME` plays one, `--seconds N` each for so long.
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { freshSeed } from '../src/base/random.ts'
import { type Played, playStorm } from '../src/cli/storms/play.ts'
import { scaleOf, STORMS } from '../src/cli/storms/storms.ts'
import { stormMarkdown, stormReport } from '../src/cli/storms/table.ts'

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, only: { type: 'string' }, seconds: { type: 'string' } },
})
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
if (values.json === true) process.stdout.write(`${JSON.stringify(all.map(stormReport))}\n`)
else if (stop.signal.aborted || values.only !== undefined)
  process.stderr.write('Not all storms were played: docs/storms.md stays as it is.\n')
else writeFileSync(new URL('../docs/storms.md', import.meta.url), page())
process.exitCode = stop.signal.aborted ? 130 : all.some(({ with: behind }) => (behind?.lost ?? 0) > 0) ? 1 : 0

function page(): string {
  const machine = `${cpus()[0]?.model.trim() ?? 'an unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}`
  const chapters = all.map(played => {
    const { storm, seconds, seed, scale } = played
    const times = Math.round(storm.storySeconds / seconds)
    return `## ${storm.name}: ${storm.title}\n\nRates at scale ${scale}; ${seconds} s stand for ${storm.story.duration} (time compressed ${times} times). Seed ${seed}.\n\n${stormMarkdown(played)}\n`
  })
  return `# The storms

<!-- Made by \`npm run storms\`. -->

True stories, played against small sites whose bottlenecks are real, once straight and once behind the shield, under the
same crowd. Everything ran on one machine: crowd, shield and site shared its cores (${machine}).
Play one with \`breakwater rehearse --scenario NAME\`.

${chapters.join('\n')}`
}
