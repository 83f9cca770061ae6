// The storms that can be played, each a true story: what happened, and the crowd that makes it happen again.
import type { LoadOptions } from '../../rehearse/options.ts'
import { petitionCrowd } from './petition.ts'
import { tvCrowd } from './tv.ts'

export interface Storm {
  /** As the folder in scenarios/. */
  name: string
  title: string
  /** What is told of it, for the rows of the table that it ends in. */
  story: { rate: string; outcome: string; duration: string }
  /** Rates here over rates of the story. */
  scale: number
  /** Seconds that the story's hour of need lasted, and how many are played when nobody says otherwise. */
  storySeconds: number
  seconds: number
  crowd: (target: string, seconds: number, seed: number) => LoadOptions
}

export const STORMS: readonly Storm[] = [
  {
    name: 'petition',
    title: 'A government petition site on its first day',
    story: { rate: '70 to 120 a second, uncached', outcome: 'down; rated for 10, tested to 40 to 50', duration: 'a day' },
    scale: 1,
    storySeconds: 86_400,
    seconds: 40,
    crowd: petitionCrowd,
  },
  {
    name: 'tv',
    title: 'A breach-lookup site named on television',
    story: { rate: '1,444 a second, 1.3 million in all', outcome: '76% absorbed by a CDN; site and API slow', duration: '15 minutes' },
    scale: 1,
    storySeconds: 900,
    seconds: 45,
    crowd: tvCrowd,
  },
] // prettier-ignore

export const stormOf = (name: string): Storm | undefined => STORMS.find(storm => storm.name === name)
