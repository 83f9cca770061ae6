// `breakwater demo`: a small petition site that collapses under a crowd, and the same site behind the shield under the
// same crowd, side by side. Everything is real: two site processes with a database each, `breakwater serve`, sockets.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { coloursFor } from './colours.ts'
import { freshSeed } from '../base/random.ts'
import { heading, secondLine, summary } from './demo/screen.ts'
import { petitionCrowd } from './storms/petition.ts'
import { Shield, USUAL } from './storms/shield.ts'
import { type SideResult, type SideRun, type SideSecond, startSide } from './storms/side.ts'
import { ScenarioSite } from './storms/site.ts'

export interface DemoOptions {
  /** Length of the crowd, 4 to 600. */
  seconds: number
  /** One JSON object on stdout and nothing else; nothing is served afterwards. */
  json: boolean
  /** Whether to go on serving the shielded site until a signal comes. */
  serve: boolean
}

const DEFAULT_SECONDS = 30

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('show a small site under a crowd, without the shield and with it')
    .option('--seconds <n>', 'length of the crowd, 4 to 600', secondsFrom, DEFAULT_SECONDS)
    .option('--json', 'print JSON only, and end when the crowd has gone', false)
    .option('--no-serve', 'end when the crowd has gone instead of serving on')
    .action(async (options: DemoOptions) => {
      await runDemo(options)
    })
}

/** Runs the demo; settles when it has ended and left nothing behind. SIGINT and SIGTERM end it early, with what was seen. */
export async function runDemo(options: Partial<DemoOptions> = {}): Promise<void> {
  const { seconds = DEFAULT_SECONDS, json = false, serve = true } = options
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  await using stage = await setStage()
  if (!json) process.stdout.write(opening(stage, seconds))
  const results = await play(stage, seconds, stop.signal, json)
  process.stdout.write(json ? `${JSON.stringify(results)}\n` : summary(results.without, results.with, colours))
  if (serve && !json && !stop.signal.aborted) await serveOn(stage, stop.signal)
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
}

const colours = coloursFor(process.stdout)

/** What the demo has started; disposing of it ends everything and removes the databases. */
interface Stage extends AsyncDisposable {
  /** The site without the shield, the site behind it, and the shield. */
  open: ScenarioSite
  shielded: ScenarioSite
  shield: Shield
}

async function setStage(): Promise<Stage> {
  await using started = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-demo-'))
  started.defer(() => rm(folder, { recursive: true, force: true }))
  const open = await ScenarioSite.start('petition', join(folder, 'open'))
  started.defer(() => open.end())
  const shielded = await ScenarioSite.start('petition', join(folder, 'shielded'))
  started.defer(() => shielded.end())
  const shield = await shieldBefore(shielded.url, join(folder, 'shield'))
  started.defer(() => shield.end())
  const all = started.move()
  return { open, shielded, shield, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** On the ports of the documentation, so that its addresses are true here; on free ones where somebody has those. */
async function shieldBefore(origin: string, folder: string): Promise<Shield> {
  try {
    return await Shield.start(origin, folder, { at: USUAL })
  } catch {
    return await Shield.start(origin, folder)
  }
}

interface DemoResults {
  without: SideResult
  with: SideResult
}

/** The same crowd against both, at the same time. */
async function play(stage: Stage, seconds: number, signal: AbortSignal, quiet: boolean): Promise<DemoResults> {
  const seed = freshSeed()
  const without = await startSide(petitionCrowd(stage.open.url, seconds, seed), stage.open, signal)
  const shielded = await startSide(petitionCrowd(stage.shield.url, seconds, seed), stage.shielded, signal)
  for await (const [one, other] of both(without, shielded)) {
    if (!quiet) process.stdout.write(secondLine(one, other, colours))
  }
  return { without: await without.result, with: await shielded.result }
}

/** The seconds of two runs in pairs; a run that has ended gives undefined. */
async function* both(
  one: SideRun,
  other: SideRun,
): AsyncGenerator<[SideSecond | undefined, SideSecond | undefined], void> {
  for (;;) {
    const pair = await Promise.all([one.next(), other.next()])
    if (pair[0] === undefined && pair[1] === undefined) return
    yield pair
  }
}

function opening(stage: Stage, seconds: number): string {
  const { bold } = colours
  return `
${bold('A petition site, and the evening news mentions it.')}
The site counts every signature for every page, as small sites do: one core
bears about 35 pages a second. The same crowd comes for ${seconds} s to two such sites
at once: to one straight, to the other through the shield.

  without the shield   ${stage.open.url}
  with the shield      ${stage.shield.url} before ${stage.shielded.url}

asked: pages that visitors ask for · good: pages they got · p95: 95 of 100
waited less, from the moment they asked · lost: no page within 10 s · site/s:
requests that reached the site · CPU: what the site used of one core

${heading(colours)}`
}

async function serveOn({ shield, open }: Stage, signal: AbortSignal): Promise<void> {
  const { bold, cyan } = colours
  process.stdout.write(`
${bold('The crowd has gone; the site stays. Look around:')}

  the site behind the shield   ${cyan(shield.url)}
  the dashboard                ${cyan(shield.adminUrl)}
  the site without a shield    ${cyan(open.url)}

Ctrl-C ends it all.
`)
  if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
}

function secondsFrom(text: string): number {
  const seconds = Number(text)
  if (!(seconds >= 4 && seconds <= 600)) throw new InvalidArgumentError('It must be 4 to 600.')
  return seconds
}
