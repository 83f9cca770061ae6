// What defeats the cache on real traffic, ranked: over the last minutes and all edges, which cookie, field or rule kept how many of the
// origin's answers out of the store, and what mends it.

import type { Clock } from '../base/clock.ts'
import { reasons } from '../reasons.ts'
import type { Blocker, BlockerSums } from '../threads/sums.ts'
import { RecentSums } from './recent-sums.ts'

/** Those that are told of each site's pages and of its other answers. */
const MOST_TOLD = 20
/** Names of cookies come from visitors: some 200 bytes each. */
const MOST_KEPT = 2000

type Group = Pick<BlockerSums, 'site' | 'page' | 'answers' | 'blocked'>
type Named = Blocker & Pick<BlockerSums, 'site' | 'page'>

/** One thing that keeps answers from being stored. */
export interface RankedBlocker extends Blocker {
  /** Of the answers of its group that were looked at, 0 to 1. */
  share: number
  /** What happened, and what would change it. */
  says: string
  mend: string | null
}

export interface RankedGroup extends Group {
  blockers: RankedBlocker[]
}

export class BlockerLedger {
  readonly #groups: RecentSums<Group>
  readonly #blockers: RecentSums<Named>

  constructor(clock: Clock) {
    this.#groups = new RecentSums(clock, MOST_KEPT, copied, (to, more) => {
      to.answers += more.answers
      to.blocked += more.blocked
    })
    this.#blockers = new RecentSums(clock, MOST_KEPT, copied, (to, more) => {
      to.count += more.count
    })
  }

  add(sums: readonly BlockerSums[]): void {
    for (const { blockers, ...group } of sums) {
      const { site, page } = group
      this.#groups.add(`${site} ${page}`, group)
      for (const each of blockers)
        this.#blockers.add(`${site} ${page} ${each.reason} ${each.kind} ${each.name}`, { ...each, site, page })
    }
  }

  /** By site, pages first; in each group the one that keeps most answers out of the store first. */
  get ranked(): { seconds: number; groups: RankedGroup[] } {
    const blockers = Map.groupBy(this.#blockers.all, ({ site, page }) => `${site} ${page}`)
    const groups = this.#groups.all.toSorted((a, b) => a.site.localeCompare(b.site) || Number(b.page) - Number(a.page))
    return {
      seconds: this.#groups.seconds,
      groups: groups.map(group => ({ ...group, blockers: ranked(blockers.get(`${group.site} ${group.page}`) ?? [], group) })), // prettier-ignore
    }
  }
}

const copied = <Sums extends object>(sums: Sums): Sums => ({ ...sums })

function ranked(blockers: readonly Named[], { answers }: Group): RankedBlocker[] {
  return blockers
    .toSorted((a, b) => b.count - a.count)
    .slice(0, MOST_TOLD)
    .map(({ site: _site, page: _page, ...each }) => {
      const { prose, mend } = reasons[each.reason] as { prose: string; mend?: string }
      return { ...each, share: each.count / answers, says: prose, mend: mend ?? null }
    })
}
