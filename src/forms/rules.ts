// The rules of the config by which forms are sent. A form whose rule has left the config meanwhile is sent by the defaults,
// which never send twice what may have arrived.

import type { CollectConfig, Config, SiteConfig } from '../config/types.ts'
import { isHook } from './hooks.ts'
import type { Hook } from './hooks.ts'
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
  #hooks: { site: string; rule: string; hook: Hook }[] = []
  /** Whether any rule has letters written. */
  writes = false

  constructor(config: Config) {
    this.configure(config)
  }

  configure({ sites }: Config): void {
    this.#sites = new Map(sites.map(site => [site.name, site]))
    this.#hooks = sites.flatMap(({ name: site, rules }) =>
      rules.flatMap(({ name: rule, collect: { hook } }) => (isHook(hook) ? [{ site, rule, hook }] : [])),
    )
    this.writes = sites.some(({ rules }) => rules.some(({ collect }) => collect.mail.to !== undefined))
  }

  get names(): string[] {
    return [...this.#sites.keys()]
  }

  site(name: string): SiteConfig | undefined {
    return this.#sites.get(name)
  }

  /** Rules whose forms are handed to a hook. */
  get hooks(): readonly { site: string; rule: string; hook: Hook }[] {
    return this.#hooks
  }

  /** Names of the site's rules that have a hook. */
  hooked(site: string): string[] {
    return this.#hooks.filter(each => each.site === site).map(({ rule }) => rule)
  }

  /** Whom to write to of a form, and of what. */
  letter(site: string, rule: string): CollectConfig['mail'] | undefined {
    const mail = this.#sites.get(site)?.rules.find(({ name }) => name === rule)?.collect.mail
    return mail?.to === undefined ? undefined : mail
  }

  of(site: string, rule: string): Sending {
    const found = this.#sites.get(site)?.rules.find(({ name }) => name === rule)
    return found?.collect.when === undefined ? DEFAULTS : found.collect
  }

  /** `at`: when the form was taken, wall clock. */
  patience(site: string, rule: string, at: number): Patience {
    const { duplicates, probe, tries, deadline } = this.of(site, rule)
    // A batch may come twice: whoever imports it goes by the receipts.
    const isHooked = this.#hooks.some(each => each.site === site && each.rule === rule)
    return { duplicates: duplicates || isHooked, probes: probe !== undefined, tries, deadline: at + deadline }
  }
}

/** Whether any rule collects forms. */
export const collects = ({ sites }: Config): boolean =>
  sites.some(({ rules }) => rules.some(({ collect }) => collect.when !== undefined && !collect.when.includes('never')))
