// The storms that can be played, each a true story: what happened, and the crowd that makes it happen again.
import { availableParallelism } from 'node:os'
import type { ConfigInput } from '../../config/types.ts'
import type { LoadOptions } from '../../rehearse/options.ts'
import { launch } from './launch.ts'
import { lottery } from './lottery.ts'
import { petitionCrowd } from './petition.ts'
import { tickets } from './tickets.ts'
import { tvCrowd } from './tv.ts'

type SiteInput = NonNullable<Extract<ConfigInput['sites'], unknown[]>>[number]

export interface Storm {
  /** As the folder in scenarios/. */
  name: string
  title: string
  /** What is told of it, for the rows of the table that it ends in. */
  story: { rate: string; outcome: string; duration: string }
  /** Whether its rates are the story's on every machine; otherwise a small one plays less. */
  fullScale: boolean
  /** Seconds that the story's hour of need lasted, and how many are played when nobody says otherwise. */
  storySeconds: number
  seconds: number
  /** `scale`: rates here over rates of the story. */
  crowd: (target: string, seconds: number, seed: number, scale: number) => LoadOptions
  /** What the config of the shield says of the site besides its origin; without it, it runs as anyone would start it. */
  shield?: Omit<SiteInput, 'origins'>
  /** The visitors of another client's site on the same machine. */
  neighbour?: (target: string, seconds: number, seed: number) => LoadOptions
  /** Whether it ends with a hop that somebody puts before the site after it was rehearsed (hop.ts). */
  hop?: boolean
  /** What the site's own database tells at the end, as rows of the table: read in the folder of the site's data. */
  books?: (folder: string) => Books
}

/** Counts by what they count, in words. */
export type Books = Record<string, number>

/** Cores that crowd, shield and site need for the story's rates. */
const CORES = 2

export const scaleOf = ({ fullScale }: Storm, cores = availableParallelism()): number =>
  fullScale ? 1 : Math.min(1, cores / CORES)

export const STORMS: readonly Storm[] = [
  {
    name: 'petition',
    title: 'A government petition site on its first day',
    story: { rate: '70 to 120 a second, uncached', outcome: 'down; rated for 10, tested to 40 to 50', duration: 'a day' },
    fullScale: true,
    storySeconds: 86_400,
    seconds: 40,
    crowd: petitionCrowd,
    hop: true,
  },
  lottery,
  launch,
  tickets,
  {
    name: 'tv',
    title: 'A breach-lookup site named on television',
    story: { rate: '1,444 a second, 1.3 million in all', outcome: '76% absorbed by a CDN; site and API slow', duration: '15 minutes' },
    fullScale: true,
    storySeconds: 900,
    seconds: 45,
    crowd: tvCrowd,
  },
] // prettier-ignore

export const stormOf = (name: string): Storm | undefined => STORMS.find(storm => storm.name === name)
