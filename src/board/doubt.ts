// A crowd is not an attack: how doubtful a client is, from 0 to 1, and why. Two things together make it so. It asks the origin
// for more than a person does, and it shows nothing of what people's browsers show: cookies that come back, the parts of a page
// beside the page, waiting when told to. Either alone is harmless: an office behind one address asks for much and looks like
// people; a visitor's first request shows nothing and is one.
//
//   score = excess × (1 − trust),   excess = log2(burden ÷ 2.5) ÷ 2 between 0 and 1
//
// What a score does is raised cost alone (see measureFor): nobody is banned by it.

/** What was seen of a client or a network, in requests that needed the origin; half is gone after a minute (`asked`: ten seconds). */
export interface Conduct {
  readonly asked: number
  readonly total: number
  /** Answered from the store on the same connections. */
  readonly light: number
  /** Parts of pages, as browsers say of them: images, styles, what scripts fetch. */
  readonly parts: number
  /** Requests that brought a cookie back. */
  readonly cookies: number
  /** Came again after the wait it was told of, and before. */
  readonly heeded: number
  readonly early: number
  /** Asked for paths that nobody asked for in the half-hour before. */
  readonly odd: number
  /** Since it was first seen. */
  readonly seconds: number
}

/** Of all clients: how many bits of entropy their requests have over clients and over networks, and a typical network's. */
export interface Surroundings {
  readonly clientBits: number
  readonly networkBits: number
  readonly perNetwork: number
}

export interface Signal {
  readonly name: 'rate' | 'reaction' | 'cookies' | 'subresources' | 'known' | 'network' | 'paths'
  /** Above 0 it raises the score, below 0 it lowers it. */
  readonly weight: number
  readonly text: string
}

export interface Doubt {
  readonly score: number
  readonly signals: readonly Signal[]
}

/** Requests within about ten seconds that a person with a browser of whom nothing else is known may send to the origin. */
const USUAL = 2.5
/** Seconds after which client and network count as known. */
const KNOWN = 600
/** How many clients a network has to hold on average, in bits, before networks tell more than clients do. */
const FEW_NETWORKS = 3

export function doubtOf(
  client: Conduct,
  network: Conduct,
  { clientBits, networkBits, perNetwork }: Surroundings,
): Doubt {
  const burden = client.asked + client.early / 2
  const excess = within(Math.log2(Math.max(burden, 1e-9) / USUAL) / 2)
  const told = client.heeded + client.early
  const isLoud = perNetwork > 0 && network.total > 4 * perNetwork
  const narrow = isLoud ? within((clientBits - networkBits - FEW_NETWORKS) / 4) : 0
  const beside = share(client.light + client.parts, client.light + client.total)
  const signals: Signal[] = [
    {
      name: 'cookies',
      weight: -0.6 * share(client.cookies, client.total),
      text: `${percent(share(client.cookies, client.total))} of its requests brought cookies back`,
    },
    {
      name: 'subresources',
      weight: -0.6 * Math.min(1, 2 * beside),
      text: `${percent(beside)} were parts of pages or stored`,
    },
    {
      name: 'reaction',
      weight: -0.3 * share(client.heeded, told),
      text: told < 1 ? 'was not told to wait' : `came ${client.early.toFixed(0)} times before the wait it was told of`,
    },
    {
      name: 'known',
      weight: (client.seconds >= KNOWN ? -0.2 : 0) + (network.seconds >= KNOWN ? -0.1 : 0),
      text: `known for ${client.seconds} s, its network for ${network.seconds} s`,
    },
    {
      name: 'network',
      weight: 0.3 * narrow,
      text: `its network asked for ${network.total.toFixed(0)} in a minute, a typical one for ${perNetwork.toFixed(1)}`,
    },
    {
      name: 'paths',
      weight: 0.15 * share(client.odd, client.total),
      text: `${percent(share(client.odd, client.total))} were for paths unusual in the last hour`,
    },
  ]
  const doubt = within(1 + signals.reduce((sum, { weight }) => sum + weight, 0))
  const rate: Signal = {
    name: 'rate',
    weight: excess,
    text: `${client.asked.toFixed(0)} requests for the origin in ten seconds`,
  }
  return { score: excess * doubt, signals: [rate, ...signals] }
}

/** What a client meets. A challenge would be a third kind, between the two: it would stand in the table below. */
export type Measure = { readonly type: 'none' } | { readonly type: 'slowed'; readonly seconds: number }

/** From this score on, while the origin is short of places. */
const SLOWED_FROM = 0.15

/** From the strongest down; the first whose score is reached is taken. */
const measures: readonly { readonly from: number; readonly measure: (score: number) => Measure }[] = [
  // One request to the origin in 7 s at the least score, in 2 minutes at the highest.
  { from: SLOWED_FROM, measure: score => ({ type: 'slowed', seconds: 4 * 2 ** (5 * score) }) },
  { from: 0, measure: () => ({ type: 'none' }) },
]

export const measureFor = (score: number): Measure => measures.find(({ from }) => score >= from)!.measure(score)

const share = (part: number, whole: number): number => (whole <= 0 ? 0 : Math.min(1, part / whole))
const within = (value: number): number => Math.min(1, Math.max(0, value))
const percent = (share: number): string => `${Math.round(share * 100)}%`
