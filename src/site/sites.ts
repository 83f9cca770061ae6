// The sites of the config with their rules, compiled. One object for the life of an edge; a new config replaces what is in it.

import type { Config, SiteConfig } from '../config/types.ts'
import { compileHosts } from './hosts.ts'
import type { FindSite } from './hosts.ts'
import { compileRules } from './rules.ts'
import type { CompiledRules } from './rules.ts'

export interface Site {
  readonly hosts: readonly string[]
  readonly config: SiteConfig
  readonly rules: CompiledRules
}

export class Sites {
  #find: FindSite<Site> = () => undefined

  constructor(config: Pick<Config, 'sites'>) {
    this.configure(config)
  }

  configure({ sites }: Pick<Config, 'sites'>): void {
    this.#find = compileHosts(sites.map(config => ({ hosts: config.hosts, config, rules: compileRules(config) })))
  }

  /** The site of a validated, lower-case host, which may carry a port. */
  find(host: string): Site | undefined {
    return this.#find(host)
  }
}
