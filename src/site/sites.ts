// The sites of the config with their rules, compiled. One object for the life of an edge; a new config replaces what is in it.

import type { Mode } from '../config/modes.ts'
import type { Config, SiteConfig } from '../config/types.ts'
import { compileHosts } from './hosts.ts'
import type { FindSite } from './hosts.ts'
import { compileRules } from './rules.ts'
import type { CompiledRules } from './rules.ts'

/** Which mode each site is in. */
export interface SiteModes {
  /** While it stays the same, so does every mode. */
  readonly version: number
  of(site: string, configured: Mode): Mode
  /** The snapshot that is in use, 0 for none. */
  snapshotOf(site: string): number
}

/** As the config says. */
const CONFIGURED: SiteModes = { version: 0, of: (_, configured) => configured, snapshotOf: () => 0 }

/** A site, with its rules as they are in the mode that it is in now. */
export class Site {
  readonly hosts: readonly string[]
  readonly config: SiteConfig
  readonly #modes: SiteModes
  /** Rules by mode, compiled when a site is first in it; those of another snapshot are forgotten. */
  readonly #compiled = new Map<Mode, CompiledRules>()
  #snapshot = 0
  #version = NaN
  #mode: Mode
  #rules: CompiledRules | undefined

  constructor(config: SiteConfig, modes: SiteModes) {
    this.hosts = config.hosts
    this.config = config
    this.#modes = modes
    this.#mode = config.mode
  }

  get mode(): Mode {
    this.#keepUp()
    return this.#mode
  }

  /** The version of the snapshot that is in use, 0 for none. */
  get snapshot(): number {
    this.#keepUp()
    return this.#snapshot
  }

  get rules(): CompiledRules {
    this.#keepUp()
    return (this.#rules ??= this.#rulesIn(this.#mode))
  }

  #keepUp(): void {
    const { version } = this.#modes
    if (version === this.#version) return
    this.#version = version
    this.#mode = this.#modes.of(this.config.name, this.config.mode)
    this.#rules = undefined
    const snapshot = this.#modes.snapshotOf(this.config.name)
    if (snapshot !== this.#snapshot) this.#compiled.clear()
    this.#snapshot = snapshot
  }

  #rulesIn(mode: Mode): CompiledRules {
    const known = this.#compiled.get(mode)
    if (known !== undefined) return known
    const rules = compileRules(this.config, mode, this.#snapshot)
    this.#compiled.set(mode, rules)
    return rules
  }
}

export class Sites {
  readonly #modes: SiteModes
  #find: FindSite<Site> = () => undefined
  #named = new Map<string, Site>()

  constructor(config: Pick<Config, 'sites'>, modes = CONFIGURED) {
    this.#modes = modes
    this.configure(config)
  }

  configure({ sites }: Pick<Config, 'sites'>): void {
    const all = sites.map(config => new Site(config, this.#modes))
    this.#find = compileHosts(all)
    this.#named = new Map(all.map(site => [site.config.name, site]))
  }

  /** Changes whenever a site may have come into another mode. */
  get modesVersion(): number {
    return this.#modes.version
  }

  /** The site of this name. */
  named(name: string): Site | undefined {
    return this.#named.get(name)
  }

  /** The site of a validated, lower-case host, which may carry a port. */
  find(host: string): Site | undefined {
    return this.#find(host)
  }
}
