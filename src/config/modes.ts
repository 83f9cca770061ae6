// The modes a site can be in: one table for the whole project. A rule may give a value for each of them, side by side.

export const MODES = ['normal', 'spike', 'frozen'] as const

export type Mode = (typeof MODES)[number]

/** What each mode means, for the reference and the help text. */
export const MODE_PROSE: Record<Mode, string> = {
  normal: 'an ordinary day',
  spike: 'the biggest hour: rules may trade freshness for calm at the origin',
  frozen: 'the site stands still: stored responses are worth more than fresh ones',
}

/** One value a mode. A mode that has none of its own takes that of the mode before it: frozen from spike, spike from normal. */
export interface PerMode<T> {
  normal: T | undefined
  spike: T | undefined
  frozen: T | undefined
}
