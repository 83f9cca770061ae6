// A story of conformance: a few exchanges about one URL that nobody has asked for before. What the visitor sends, what the
// origin answers should it be asked, and who must have answered. `teller.ts` tells it to the whole program.

/**
 * A field as it stands in a header: `Name: value`. `{-10}` in the value is the date ten seconds before the origin answers,
 * `{850 -10}` the same in RFC 850's form (RFC 9110 section 5.6.7).
 */
export type Line = string

export interface Ask {
  method?: string
  /** Follows the story's own path, such as `/other` or `?a=1`. */
  at?: string
  fields?: Line[]
  body?: string
}

export interface OriginAnswer {
  status?: number
  /** Beside them a Date, unless one stands here (`Date:` for none at all), and the number of the exchange. */
  fields?: Line[]
  /** The number of the exchange without one. */
  body?: string
  trailers?: Line[]
  /** Interim responses that come first: the status, and fields. */
  interim?: [status: number, ...fields: Line[]][]
  /** 304 without content where the request is conditional, and the fields above with it. */
  confirms?: true
  /** The connection closes: before anything was said, or before the body is whole. */
  breaksOff?: 'at once' | 'in the body'
  /** Written to the socket as it is, for what node:http would mend: a status line, fields and a body. */
  asWritten?: true
  /** Milliseconds until it answers. */
  work?: number
}

/**
 * Who answered: the origin for this very exchange; the store, with what an earlier exchange brought; the store after the
 * origin confirmed it (304); the shield by itself; or nobody whole, since the answer broke off. `anyone`: it is later
 * exchanges that the story is about.
 */
export type From = 'origin' | 'store' | 'validated' | 'shield' | 'nobody' | 'anyone'

export interface Exchange {
  /** Milliseconds that pass before it. */
  after?: number
  ask?: Ask
  answer?: OriginAnswer
  from: From
  /** The number of the exchange whose answer it is, from 1: the one before without it, as far as the store answers. */
  of?: number
  /** As the origin said without one. */
  status?: number
  /** What the visitor must see. A value between slashes is a pattern. */
  sees?: Line[]
  /** Names of fields that the visitor must not see. */
  misses?: string[]
  text?: string
  /** Seconds. */
  age?: [least: number, most: number]
  interim?: number[]
  trailers?: Line[]
  /** What the origin must have been asked. */
  asked?: { method?: string; fields?: Line[]; lacks?: string[] }
  /** The origin must have been asked beside what the visitor got: in the background. */
  refreshes?: true
}

export interface Story {
  name: string
  exchanges: Exchange[]
}

/** Milliseconds after which what was good for one second is stale, and seconds have passed. */
export const A_WHILE = 2200

/** Milliseconds until what a visitor has got is surely in the store, where no fetch that others may share brought it. */
export const SOON = 200

const asAsk = (ask: Ask | Line[]): Ask => (Array.isArray(ask) ? { fields: ask } : ask)
const asAnswer = (answer: OriginAnswer | Line[]): OriginAnswer => (Array.isArray(answer) ? { fields: answer } : answer)

/** The first exchange of most stories: a GET that the origin answers so. */
export const first = (answer: OriginAnswer | Line[], ask: Ask | Line[] = []): Exchange => ({
  ask: asAsk(ask),
  answer: asAnswer(answer),
  from: 'origin',
})

/** A later exchange that the store answers. */
export const stored = (ask: Ask | Line[] = [], more: Partial<Exchange> = {}): Exchange => ({
  ask: asAsk(ask),
  from: 'store',
  ...more,
})

/** A later exchange that the origin has to answer. */
export const fetched = (ask: Ask | Line[] = [], more: Partial<Exchange> = {}): Exchange => ({
  ask: asAsk(ask),
  from: 'origin',
  ...more,
})

/** A later exchange for which the origin confirms what is stored, and may say `fields` with it. */
export const validated = (fields: Line[] = [], more: Partial<Exchange> = {}): Exchange => ({
  answer: { confirms: true, fields },
  from: 'validated',
  ...more,
})

export const later = (exchange: Exchange, after = A_WHILE): Exchange => ({ ...exchange, after })

export const story = (name: string, ...exchanges: Exchange[]): Story => ({ name, exchanges })

/** What the origin said once answers the same request again. */
export const reused = (name: string, answer: OriginAnswer | Line[]): Story => story(name, first(answer), stored())

/** What the origin said once does not answer the same request again. */
export const notReused = (name: string, answer: OriginAnswer | Line[]): Story => story(name, first(answer), fetched())

/** The same, once what lives for a second has become stale. */
export const notReusedLater = (name: string, answer: OriginAnswer | Line[]): Story =>
  story(name, first(answer), later(fetched()))
