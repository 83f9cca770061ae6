// The resolved config as the program gets it: plain data that survives a post to another thread. Durations are
// milliseconds, sizes bytes, percentages fractions. The types are inferred from the option table.

import type { Input, Resolved } from './shape.ts'
import type { root } from './table/root.ts'

export type { CollectSettings, RateSettings, RuleValues, Settings } from './settings.ts'

export interface Config extends Resolved<typeof root> {}

export type SiteConfig = Config['sites'][number]
export type OriginServerConfig = SiteConfig['origins'][number]
export type OriginConfig = SiteConfig['origin']
export type RuleConfig = SiteConfig['rules'][number]
export type CollectConfig = RuleConfig['collect']
export type EventConfig = Config['events'][number]
export type StepConfig = EventConfig['steps'][number]
export type WaitingRoomConfig = SiteConfig['waitingRoom'][number]
export type LimitsConfig = Config['limits']

/** What one may write in a typed config file. */
export type ConfigInput = Input<typeof root>
