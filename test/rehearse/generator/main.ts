// This generator alone, as `breakwater rehearse` uses it, without the gauges that look at the site: node main.ts URL RATE SECONDS.
import { runLoad } from '../../../src/rehearse/load.ts'

const [target = '', rate = '', seconds = ''] = process.argv.slice(2)
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
const shape = { kind: 'constant', rate: Number(rate) } as const
const run = await runLoad({ target, shape, seconds: Number(seconds) }, stop.signal)
process.stdout.write(`${JSON.stringify(await run.result)}\n`)
