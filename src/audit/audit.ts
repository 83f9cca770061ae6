// The audit of a site: walks it, judges what it saw, and proposes a config. `breakwater audit` prints what comes of it.
import { toYaml } from '../config/write.ts'
import { crawl } from './crawl.ts'
import type { CrawlOptions } from './crawl.ts'
import { findingsOf } from './findings.ts'
import type { Finding } from './findings.ts'
import { judge } from './judge.ts'
import { reportPages } from './pages.ts'
import type { PageReport } from './pages.ts'
import { proposalOf } from './proposal.ts'

export interface AuditReport {
  url: string
  /** Pages that were visited, files beside them, and what the bounds left out. */
  visited: number
  files: number
  leftOut: number
  /** Shares of the pages that a shared cache would answer: for strangers, for visitors who come back with the site's cookies,
   * and for those once harmless cookies are named. */
  storedForStrangers: number
  storedForReturning: number
  storedWithRules: number
  /** Share of the files that may be kept. */
  storedFiles: number
  /** Bytes on the wire of all pages and files that were seen. */
  bytes: number
  pages: PageReport[]
  findings: Finding[]
  /** YAML. */
  config: string
}

export async function audit(options: CrawlOptions): Promise<AuditReport> {
  const seen = await crawl(options)
  const pages = reportPages(seen)
  const shown = pages.filter(page => page.isPage && page.status === 200)
  const files = seen.assets.filter(({ visit }) => visit.status === 200)
  return {
    url: options.url,
    ...{ visited: pages.length, files: seen.assets.length, leftOut: seen.leftOut },
    storedForStrangers: share(shown, page => page.stranger.stored && page.stranger.seconds > 0),
    storedForReturning: share(shown, page => page.returning.stored && page.returning.seconds > 0),
    storedWithRules: share(shown, page => page.forgiven.stored && page.forgiven.seconds > 0),
    storedFiles: share(files, ({ visit }) => judge(visit).seconds > 0),
    bytes: sum(seen.pages.map(page => page.first.wireBytes)) + sum(seen.assets.map(({ visit }) => visit.wireBytes)),
    pages,
    findings: findingsOf(seen, pages),
    config: toYaml(proposalOf(options.url, seen, pages)),
  }
}

const share = <Item>(items: readonly Item[], holds: (item: Item) => boolean): number =>
  items.length === 0 ? 0 : items.filter(holds).length / items.length

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)
