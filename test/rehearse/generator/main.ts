// This generator alone, as `breakwater rehearse` uses it, without the gauges that look at the site: node main.ts URL RATE SECONDS.
// The rate is come to over three seconds, in which code is compiled and connections are made.
import { runLoad } from '../../../src/rehearse/load.ts'

const [target = '', rate = '', seconds = ''] = process.argv.slice(2)
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
const shape = { kind: 'ramp', from: Number(rate) / 100, to: Number(rate), over: 3 } as const
const run = await runLoad({ target, shape, seconds: Number(seconds) }, stop.signal)
process.stdout.write(`${JSON.stringify(await run.result)}\n`)
