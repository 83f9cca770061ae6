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
  /** Cookies that answers set for requests which had none. */
  readonly given: number
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
  readonly name:
    'rate' | 'reaction' | 'cookies' | 'echo' | 'subresources' | 'misses' | 'known' | 'network' | 'networks' | 'paths'
  /** Above 0 it raises the score, below 0 it lowers it. */
  readonly weight: number
  /** In words, for who looks at a client: each miss under pressure is weighed, and hardly one is looked at. */
  readonly text: () => string
}

export interface Doubt {
  readonly score: number
  readonly signals: readonly Signal[]
}

/** Requests within about ten seconds that a person with a browser of whom nothing else is known may send to the origin. */
const USUAL = 2.5
/** Of that a network at the highest score takes this share from each of its clients. */
const NETWORK_TAKES = 0.5
/** Seconds after which client and network count as known. */
const KNOWN = 600
/** How many clients a network has to hold on average, in bits, before networks tell more than clients do. */
const FEW_NETWORKS = 3
/** Cookies that have to be given before it says anything that none comes back. */
const GIVEN = 2

export function doubtOf(client: Conduct, network: Conduct, surroundings: Surroundings): Doubt {
  const ofNetwork = doubtOfNetwork(network, surroundings).score
  const burden = client.asked + client.early / 2
  const excess = within(Math.log2(Math.max(burden, 1e-9) / (USUAL * (1 - NETWORK_TAKES * ofNetwork))) / 2)
  const signals: Signal[] = [
    ...looksOf(client),
    {
      name: 'known',
      weight: (client.seconds >= KNOWN ? -0.2 : 0) + (network.seconds >= KNOWN ? -0.1 : 0),
      text: () => `known for ${client.seconds} s, its network for ${network.seconds} s`,
    },
    { name: 'network', weight: 0.3 * ofNetwork, text: () => `its network has a score of ${ofNetwork.toFixed(2)}` },
  ]
  const rate: Signal = {
    name: 'rate',
    weight: excess,
    text: () => `${client.asked.toFixed(0)} requests for the origin in ten seconds`,
  }
  return { score: excess * doubtIn(signals), signals: [rate, ...signals] }
}

/**
 * The same of a network: it stands out where a few networks hold many clients (their entropy is far below that of clients), it
 * asks for much more than a typical one, and its clients do not look like people.
 */
export function doubtOfNetwork(network: Conduct, { clientBits, networkBits, perNetwork }: Surroundings): Doubt {
  const isLoud = perNetwork > 0 && network.total > 4 * perNetwork
  const narrow = isLoud ? within((clientBits - networkBits - FEW_NETWORKS) / 4) : 0
  const signals: Signal[] = [
    ...looksOf(network),
    { name: 'known', weight: network.seconds >= KNOWN ? -0.2 : 0, text: () => `known for ${network.seconds} s` },
  ]
  const loud: Signal = {
    name: 'networks',
    weight: narrow,
    text: () =>
      `asked for ${network.total.toFixed(0)} in a minute, a typical network for ${perNetwork.toFixed(1)}; entropy of clients ${clientBits.toFixed(1)} bits, of networks ${networkBits.toFixed(1)}`,
  }
  return { score: narrow * doubtIn(signals), signals: [loud, ...signals] }
}

const doubtIn = (signals: readonly Signal[]): number => within(1 + signals.reduce((sum, { weight }) => sum + weight, 0))

/** What people's browsers show and programs seldom do. */
function looksOf(conduct: Conduct): Signal[] {
  const { total, light, given, early } = conduct
  const told = conduct.heeded + early
  const cookies = share(conduct.cookies, total)
  const parts = share(conduct.parts, total)
  const hits = share(light, light + total)
  const odd = share(conduct.odd, total)
  const echo = given < GIVEN ? 1 : share(conduct.cookies, given)
  return [
    { name: 'cookies', weight: -0.6 * cookies, text: () => `${percent(cookies)} of its requests brought cookies back` },
    {
      name: 'echo',
      weight: 0.3 * (1 - echo),
      text: () =>
        given < GIVEN ? 'was given no cookies' : `brought back ${percent(echo)} of the cookies it was given`,
    },
    {
      name: 'subresources',
      weight: -0.4 * Math.min(1, 2 * parts),
      text: () => `${percent(parts)} were parts of pages`,
    },
    { name: 'misses', weight: -0.4 * Math.min(1, 2 * hits), text: () => `${percent(1 - hits)} were not in the store` },
    {
      name: 'reaction',
      weight: -0.3 * share(conduct.heeded, told),
      text: () => (told < 1 ? 'was not told to wait' : `came ${early.toFixed(0)} times before the wait it was told of`),
    },
    { name: 'paths', weight: 0.15 * odd, text: () => `${percent(odd)} were for paths unusual in the last hour` },
  ]
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
