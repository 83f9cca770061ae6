// Which class a request belongs to by where it comes from, for classes of a site that are for networks.

import type { Config } from '../config/types.ts'
import { compileNetworks } from './networks.ts'
import type { IsInside } from './networks.ts'

interface Region {
  readonly name: string
  readonly isInside: IsInside
}

export class Regions {
  #bySite = new Map<string, Region[]>()

  configure({ sites }: Pick<Config, 'sites'>): void {
    this.#bySite = new Map(
      sites.map(({ name: site, classes }) => [
        site,
        classes.flatMap(({ name, networks }) => {
          const isInside = compileNetworks(networks)
          return isInside === null ? [] : [{ name, isInside }]
        }),
      ]),
    )
  }

  /** The name of the first class whose networks have the address. */
  of(site: string, address: string): string | undefined {
    return this.#bySite.get(site)?.find(({ isInside }) => isInside(address))?.name
  }
}
