// The rules of the config by which forms are sent. A form whose rule has left the config meanwhile is sent by the defaults,
// which never send twice what may have arrived.

import type { CollectConfig, Config, SiteConfig } from '../config/types.ts'
import type { Patience } from './states.ts'

type Sending = Pick<CollectConfig, 'delivered' | 'duplicates' | 'probe' | 'tries' | 'repair'> & { deadline: number }

const DEFAULTS: Sending = {
  delivered: { status: [], location: undefined, text: undefined },
  duplicates: false,
  probe: undefined,
  tries: 10,
  repair: 'no',
  deadline: Infinity,
}

export class SendingRules {
  #sites = new Map<string, SiteConfig>()

  constructor(config: Config) {
    this.configure(config)
  }

  configure({ sites }: Config): void {
    this.#sites = new Map(sites.map(site => [site.name, site]))
  }

  get names(): string[] {
    return [...this.#sites.keys()]
  }

  site(name: string): SiteConfig | undefined {
    return this.#sites.get(name)
  }

  of(site: string, rule: string): Sending {
    const found = this.#sites.get(site)?.rules.find(({ name }) => name === rule)
    return found?.collect.when === undefined ? DEFAULTS : found.collect
  }

  /** `at`: when the form was taken, wall clock. */
  patience(site: string, rule: string, at: number): Patience {
    const { duplicates, probe, tries, deadline } = this.of(site, rule)
    return { duplicates, probes: probe !== undefined, tries, deadline: at + deadline }
  }
}

/** Whether any rule collects forms. */
export const collects = ({ sites }: Config): boolean =>
  sites.some(({ rules }) => rules.some(({ collect }) => collect.when !== undefined && !collect.when.includes('never')))
