// What the site's rules may add to the RFC's decisions. The names are those of the settings that rules give, so that
// `exchange.settings` is handed in as it is.

import type { Mode } from '../../config/modes.ts'
import type { RuleValues } from '../../config/settings.ts'

/** Durations are milliseconds; undefined leaves the matter to the response. */
export interface StoringRules extends Pick<
  RuleValues,
  'keyed' | 'lifetime' | 'lifetimeFloor' | 'lifetimeCeiling' | 'staleWhileRevalidate' | 'staleIfError'
> {
  /** Nothing is stored. */
  readonly bypass: boolean
  /** True for cookies that say nothing of who asks; any other counts as credentials. */
  readonly ignoresCookie: ((name: string) => boolean) | null
  /** True for cookies that a response may set and be everyone's all the same. */
  readonly ignoresSetCookie: ((name: string) => boolean) | null
}

export interface ReuseRules {
  /**
   * True: what a client's reload asks for (no-cache, max-age, min-fresh, Pragma) is not heard, so that a crowd that presses
   * reload costs the origin nothing. RFC 9111 section 5.2.1 leaves that open. The default hears it.
   */
  readonly ignoresReload?: boolean
  /** In `frozen` what is stored outlives its origin: see `reuse`. */
  readonly mode?: Mode
  readonly staleIfError?: number | undefined
}

/** The RFC alone. */
export const NO_RULES: StoringRules & ReuseRules = {
  keyed: null,
  bypass: false,
  lifetime: undefined,
  lifetimeFloor: undefined,
  lifetimeCeiling: undefined,
  staleWhileRevalidate: undefined,
  staleIfError: undefined,
  ignoresCookie: null,
  ignoresSetCookie: null,
  ignoresReload: false,
}
