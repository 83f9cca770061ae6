// Runs the variants of a case: starts the servers on the measured core, warms each, lets them take turns, stops them.
// A server that fails is left out of the rest of its variant and its failure reported; the others go on.

import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Case, Choice, Reading, Subject, Variant } from './cases/case.ts'
import type { Peer } from './peers/peer.ts'
import { comparisons, result } from './rounds.ts'
import type { Comparison, Result } from './rounds.ts'
import type { World } from './world.ts'

/** What a variant came to. */
export interface VariantReport {
  readonly name: string
  /** The load as one would type it. */
  readonly load: string
  readonly results: readonly Result[]
  readonly comparisons: readonly Comparison[]
}

export interface CaseReport {
  readonly name: string
  readonly title: string
  readonly rounds: number
  readonly seconds: number
  readonly metrics: Case['metrics']
  readonly variants: readonly VariantReport[]
}

/** Runs all variants of a case on the peers it makes sense for. */
export async function runCase(
  of: Case,
  peers: readonly Peer[],
  rounds: number | undefined,
  choice: Choice,
  world: World,
): Promise<CaseReport> {
  const { name, title, metrics } = of
  const count = rounds ?? of.rounds
  const taking = peers.filter(peer => of.servers.includes(peer.name))
  const variants: VariantReport[] = []
  for (const variant of taking.length === 0 ? [] : of.variants(choice))
    variants.push(await runVariant(of, variant, taking, count, world))
  return { name, title, rounds: count, seconds: world.seconds, metrics, variants }
}

async function runVariant(
  of: Case,
  variant: Variant,
  peers: readonly Peer[],
  rounds: number,
  world: World,
): Promise<VariantReport> {
  const entrants = peers.map(peer => new Entrant(peer, variant, world, `${of.name} ${variant.name}`))
  try {
    if (!variant.fresh) for (const entrant of entrants) await entrant.enter()
    // There and back, so that nobody always comes after the same one.
    for (let round = 0; round < rounds; round++)
      for (const entrant of round % 2 === 0 ? entrants : entrants.toReversed()) await entrant.takeTurn(round, of)
  } finally {
    await Promise.all(entrants.map(entrant => entrant.leave()))
  }
  const results = entrants.map(entrant => result(entrant.series, of.metrics))
  const compared = comparisons(
    of,
    variant,
    entrants.map(entrant => entrant.series),
  )
  return { name: variant.name, load: variant.load(world.seconds), results, comparisons: compared }
}

/** A server in a variant: started, taking turns, and stopped. */
class Entrant {
  readonly series: { readonly server: string; readonly readings: Reading[] }
  readonly #peer: Peer
  readonly #variant: Variant
  readonly #world: World
  readonly #label: string
  #subject: Subject | undefined
  #failure: string | undefined

  constructor(peer: Peer, variant: Variant, world: World, label: string) {
    this.#peer = peer
    this.#variant = variant
    this.#world = world
    this.#label = `${label}: ${peer.name}`
    this.series = { server: peer.name, readings: [] }
  }

  /** Starts the server in an empty folder and warms it. */
  async enter(): Promise<void> {
    const folder = join(this.#world.folder, this.#peer.name)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const { cores, origin } = this.#world
    const setup = { ...this.#variant.setup, originPort: origin.port, core: cores.server, folder }
    await this.#guarded(async () => {
      this.#subject = { peer: this.#peer, setup, server: await this.#peer.start(setup) }
      await this.#variant.prepare?.(this.#subject, this.#world)
    })
  }

  /** Measures one round; a failure is a reading with a problem. */
  async takeTurn(round: number, of: Case): Promise<void> {
    if (this.#variant.fresh) await this.enter()
    const reading = await this.#guarded(() => this.#variant.measure(this.#subject!, this.#world))
    this.series.readings.push(reading ?? { values: {}, problems: [this.#failure ?? 'it failed'] })
    if (reading !== undefined) this.#world.say(`${this.#label}, round ${round + 1}: ${shown(reading, of)}`)
    if (this.#variant.fresh) await this.leave()
  }

  async leave(): Promise<void> {
    await this.#subject?.server.stop()
    this.#subject = undefined
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.#failure !== undefined) return undefined
    try {
      return await work()
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error)
      this.#world.say(`${this.#label}: ${this.#failure}`)
      return undefined
    }
  }
}

function shown(reading: Reading, of: Case): string {
  const values = of.metrics.map(({ key, label, digits }) => `${reading.values[key]?.toFixed(digits)} ${label}`)
  const invalid = reading.problems.length === 0 ? '' : ` - does not count: ${reading.problems.join('; ')}`
  return values.join(', ') + invalid
}
