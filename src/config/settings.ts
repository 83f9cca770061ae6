// What the rules of a site say for one request, as every room reads it. The site room makes these objects, one for each
// set of matching rules, and hands the same object out again; the exchange carries it.

import type { SeenBy } from './table/spike.ts'
import type { FieldEdits } from '../http/edits.ts'
import type { Mode } from './modes.ts'
import type { RateWindow } from './kinds/rate.ts'
import type { CollectConfig, WaitingRoomConfig } from './types.ts'

/** The settings that rules can give. Durations are milliseconds; undefined leaves the matter to the response itself. */
export interface RuleValues {
  /** Nothing is served from the cache and nothing stored. */
  readonly bypass: boolean
  readonly lifetime: number | undefined
  readonly lifetimeFloor: number | undefined
  readonly lifetimeCeiling: number | undefined
  readonly staleWhileRevalidate: number | undefined
  readonly staleIfError: number | undefined
  /** What browsers and a CDN in front are told of what is stored here. */
  readonly browserLifetime: number | undefined
  readonly cdnLifetime: number | undefined
  /** A visitor's reload is answered like any other request. */
  readonly ignoresReload: boolean
  /** Tags of what is stored, beside those that the origin names. */
  readonly tags: readonly string[]
  /** Whether a query parameter of this name (as written, not decoded) is left out of the cache key; null: none is. */
  readonly ignoresQuery: NameTest | null
  /** Whether a cookie of this name says nothing of who asks: an ignored or a keyed one, and no session; null: any may. */
  readonly ignoresCookie: NameTest | null
  /** Whether a response that sets a cookie of this name is no visitor's own for that; null: it may be. */
  readonly ignoresSetCookie: NameTest | null
  /** Whether a cookie of this name is not sent to the origin where the response may be stored; null: all are. */
  readonly dropsCookie: NameTest | null
  /** Whether a cookie of this name is of a visitor who sees pages of their own; null: no rule knows such a cookie. */
  readonly isSession: NameTest | null
  /** What belongs to the cache key beside the target; null: nothing. */
  readonly keyed: Keyed | null
  /** In a spike, who is answered with a copy that was fetched for nobody in particular; undefined: no one. */
  readonly anonymous: AnonymousSettings | undefined
  /** In a spike, what is answered in the origin's place; null: nothing. */
  readonly instead: Instead | null
  /** The snapshot that answers in the origin's place; null: none does. */
  readonly snapshot: SnapshotSettings | null
  /** The waiting room that the request is behind; null: none. */
  readonly waitingRoom: WaitingRoomConfig | null
  /** The class of the site that a rule names. */
  readonly routeClass: string | null
  /** Changes to the request's header on its way to the origin; null: none. */
  readonly requestHeaders: FieldEdits | null
  /** Changes to the response's header on its way to the visitor; null: none. */
  readonly responseHeaders: FieldEdits | null
  /** Forms are taken into the journal so; null: they go to the origin. */
  readonly collect: CollectSettings | null
  /** How often such requests may come; null: as often as they like. */
  readonly rate: RateSettings | null
}

/** A fixed answer, or the path that every page leads to. */
export type Instead =
  | { readonly kind: 'stub'; readonly status: number; readonly type: string; readonly body: Uint8Array }
  | { readonly kind: 'funnel'; readonly to: string }

export interface SnapshotSettings {
  /** Seconds since the epoch when it was taken. */
  readonly version: number
  /** What becomes of what is not in it. */
  readonly missing: 'refuse' | 'origin'
}

/** One rate limit, as the rules of a site give it. */
export interface RateSettings {
  /** Site and rule: requests with the same name and windows are counted together. */
  readonly name: string
  /** The name for visitors, in RateLimit-Policy. */
  readonly policy: string
  readonly windows: readonly RateWindow[]
  /** `address`, `path`, `site`, `cookie:NAME` or `header:NAME`. */
  readonly by: readonly string[]
  /** How many times the rate an address may reach with all values of a cookie or field. */
  readonly ceiling: number
  readonly counts: 'all' | 'origin'
  /** Over all nodes of a cluster together, each request. */
  readonly exact: boolean
}

/** What a rule makes part of the cache key, which works as Vary does: by names, and the values that a request has for them. */
export interface Keyed {
  /** Names for http/vary.ts, sorted. They depend on the target alone, so that all requests for it agree on them. */
  readonly names: readonly string[]
  /** The value of RULES_FIELD (http/vary.ts), where that is among the names. */
  readonly rules: string
}

/** A collect rule in force. */
export interface CollectSettings extends CollectConfig {
  /** The name of the rule. */
  readonly rule: string
  /** It holds only while the origins bear no more. */
  readonly onlyInOverload: boolean
}

export interface Settings extends RuleValues {
  /** The names of the rules that match, in their order, each once. */
  readonly matched: readonly string[]
  /** The mode that the site is in. */
  readonly mode: Mode
  /** The name of the rule behind each value; a value that no rule gave has none. For fields: one entry a field name. */
  readonly why: Readonly<Record<string, string>>
  /** The settings for a response to this request, where rules match by its status or content type; null where none does. */
  readonly onResponse: ((status: number, contentType: string | undefined) => Settings) | null
  /** These are the settings that `onResponse` gave. */
  readonly isSettled: boolean
}

/** Durations are milliseconds. */
export interface AnonymousSettings {
  readonly lifetime: number
  readonly staleWhileRevalidate: number
  readonly staleIfError: number
  readonly seenBy: SeenBy
  /** Whether a page has to be the same in two fetches. */
  readonly isProven: boolean
  /** Whether a hidden field of this name holds a token; null: no rule names any. */
  readonly isToken: NameTest | null
  /** CSS selectors of what is left out. */
  readonly omit: readonly string[]
  /** The address of the content delivery network that assets are led to; undefined: none is. */
  readonly offload: string | undefined
}

export type NameTest = (name: string) => boolean
