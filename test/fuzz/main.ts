// `npm run fuzz -- --streams N --seed S`: plays N streams and prints what differs, shrunk. `--only K` plays stream K of the
// seed alone, as a failure names it. `--sockets` plays over real sockets instead of in memory. `--responses` plays what
// origin servers send instead of what visitors do.

import { parseArgs } from 'node:util'
import { freshSeed } from '../../src/base/random.ts'
import { LanesFuzz } from './lanes.ts'
import type { Failure } from './lanes.ts'
import { play } from './responses.ts'
import { shrink } from './shrink.ts'
import { makeStream, pieces } from './streams.ts'
import type { Stream } from './streams.ts'

/** Later failures are counted, not shown: they are mostly the same one. */
const MOST_SHOWN = 5

const { values } = parseArgs({
  options: {
    streams: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
    sockets: { type: 'boolean' },
    responses: { type: 'boolean' },
  },
})
const seed = values.seed === undefined ? freshSeed() : Number(values.seed)
const streams = Number(values.streams ?? 100_000)
const sockets = values.sockets === true

console.log(`seed ${seed}`)
if (values.responses === true) {
  await playResponses()
  process.exit()
}
const fuzz = new LanesFuzz({ sockets })
const failures: Failure[] = []
let passed = 0
const started = performance.now()
const progress = setInterval(() => console.log(rate()), 5000)
const onEach = (failure: Failure | undefined): void => {
  if (failure === undefined) passed++
  else failures.push(failure)
}
if (values.only === undefined) await fuzz.run(seed, 0, streams, onEach)
else await fuzz.run(seed, Number(values.only), Number(values.only) + 1, onEach)
clearInterval(progress)
console.log(rate())
for (const failure of failures.slice(0, MOST_SHOWN)) await show(failure)
for (const [name, times] of Object.entries(fuzz.excused)) console.log(`${times} times allowed to differ: ${name}`)
const { fast, slow } = fuzz.share
console.log(`${fast} requests answered by the fast lane, ${slow} by the slow lane behind it`)
console.log(`${passed} passed, ${failures.length} failed`)
await fuzz.close()
process.exitCode = failures.length > 0 || passed === 0 ? 1 : 0

/** Responses are small enough to be read as they are: what differs is printed whole. */
async function playResponses(): Promise<void> {
  const [from, to] = values.only === undefined ? [0, streams] : [Number(values.only), Number(values.only) + 1]
  let [stricter, failed] = [0, 0]
  for (let n = from; n < to; n++) {
    const { stream, what } = await play(seed, n)
    if (what === 'stricter') stricter++
    else if (what !== undefined && ++failed <= MOST_SHOWN) console.log(`\nstream ${n}, ${textOf(stream)}\n${what}`)
  }
  console.log(`${to - from - failed} passed, ${stricter} of them refused by ours alone, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}

function rate(): string {
  const done = passed + failures.length
  const seconds = (performance.now() - started) / 1000
  return `${done} streams in ${seconds.toFixed(1)} s, ${Math.round(done / seconds)} a second, ${failures.length} failed`
}

async function show({ n, stream, what }: Failure): Promise<void> {
  const least = await shrink(stream, async smaller => (await fuzz.differs(smaller)) !== undefined, sockets ? 300 : 3000)
  const now = (await fuzz.differs(least)) ?? what
  console.log(`\nstream ${n} of seed ${seed}, shrunk from ${stream.bytes.length} to ${least.bytes.length} bytes`)
  console.log(
    `again: npm run fuzz -- --seed ${seed}${sockets ? ' --sockets' : ''} --only ${n}; as made: ${makeStream(seed, n).bytes.length} bytes`,
  )
  console.log(textOf(least))
  console.log(
    pieces(least)
      .map(piece => piece.toString('hex'))
      .join(' | '),
  )
  console.log(`differs in ${now.slice(0, 3000)}\n`)
}

function textOf(stream: Stream): string {
  return pieces(stream)
    .map(piece => JSON.stringify(piece.toString('latin1')))
    .join(' | ')
}
