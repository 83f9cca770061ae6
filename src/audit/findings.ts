// What is wrong with a site, in the order of what it costs: each finding says how often, where, why and what mends it. Pure.
import { all, first } from '../http/fields.ts'
import { reasons } from '../reasons.ts'
import type { ReasonCode } from '../reasons.ts'
import { harmless, session } from './cookies.ts'
import type { AssetSeen, Seen } from './crawl.ts'
import { judge } from './judge.ts'
import type { PageReport } from './pages.ts'

export interface Finding {
  /** leak: a visitor could get what belongs to another. cache: what keeps the cache from answering. */
  kind: 'leak' | 'cache' | 'weight' | 'speed' | 'broken'
  title: string
  detail: string
  mend: string
  /** How many pages or files, and the first few of them. */
  count: number
  where: string[]
}

const MOST_WHERE = 5
/** Bytes on the wire that one file or page may take before it is called heavy: a second of a 4 Mbit/s line. */
const HEAVY = 500 * 1024
/** Milliseconds until a page's first byte before it is called slow, with nobody else about. */
const SLOW = 500
/** Below this compression gains little. */
const WORTH_COMPRESSING = 10 * 1024
/** Seconds below which a style sheet, script or image is asked for again and again. */
const SHORT = 3600

export function findingsOf(seen: Seen, pages: readonly PageReport[]): Finding[] {
  return [
    ...leaks(pages),
    ...notStored(pages),
    ...cookiesOnPages(seen),
    ...unstable(pages),
    ...variants(seen),
    ...shortAssets(seen.assets),
    ...uncompressed(seen),
    ...heavy(seen, pages),
    ...calls(pages),
    ...slow(pages),
    ...broken(seen, pages),
  ]
}

function finding(
  kind: Finding['kind'],
  title: string,
  detail: string,
  mend: string,
  where: readonly string[],
): Finding[] {
  return where.length === 0
    ? []
    : [{ kind, title, detail, mend, count: where.length, where: where.slice(0, MOST_WHERE) }]
}

const urls = (pages: readonly PageReport[]): string[] => pages.map(page => page.url)

const leaks = (pages: readonly PageReport[]): Finding[] =>
  finding(
    'leak',
    'Pages that call themselves everyone’s and are not',
    'A visitor with the given cookie got other bytes than a stranger, under Cache-Control: public or s-maxage. Any shared cache may serve one visitor’s page to another.',
    'Take public and s-maxage from these responses, or send Cache-Control: private with them.',
    urls(pages.filter(page => page.leaks)),
  )

/** By the reason, the most frequent first. */
function notStored(pages: readonly PageReport[]): Finding[] {
  const lost = pages.filter(page => page.isPage && page.status === 200 && !page.returning.stored)
  const byReason = Map.groupBy(lost, page => page.returning.reason)
  const sorted = [...byReason].toSorted(([, a], [, b]) => b.length - a.length)
  return sorted.flatMap(([reason, group]) =>
    finding('cache', `Pages that are not stored: ${reason}`, proseOf(reason), mendOf(reason, group), urls(group)),
  )
}

const proseOf = (reason: ReasonCode): string => reasons[reason].prose

function mendOf(reason: ReasonCode, group: readonly PageReport[]): string {
  const helped = group.filter(page => page.forgiven.stored).length
  if (helped > 0)
    return `${helped} of them are stored once the harmless cookies are named in ignoredCookies (see the config below).`
  const stable = group.filter(page => page.isStable).length
  const mend =
    (reasons[reason] as { mend?: string }).mend ?? 'Bypass is right for them, or a spike rule in the biggest hour.'
  return stable === 0 ? `${mend} They differ from visit to visit, so look at what differs first.` : mend
}

function cookiesOnPages({ pages }: Seen): Finding[] {
  const names = new Map<string, string[]>()
  for (const { first: visit } of pages) {
    for (const line of all(visit.fields, 'set-cookie')) {
      const name = line.split('=', 1)[0]!.trim()
      names.set(name, [...(names.get(name) ?? []), visit.url])
    }
  }
  return [...names].flatMap(([name, where]) => {
    const known = session(name)
    const what =
      known === undefined
        ? harmless(name) === undefined
          ? 'nothing known'
          : 'read by scripts alone'
        : `the session of ${known.platform}`
    return finding(
      'cache',
      `The cookie ${name} is set on pages`,
      `It is ${what}. A page that sets a cookie is not stored, and whoever has the cookie is not answered from the store.`,
      known === undefined && harmless(name) !== undefined
        ? 'Name it in ignoredCookies.'
        : 'Set it when somebody logs in or puts something into the basket, not on every page.',
      where,
    )
  })
}

function unstable(pages: readonly PageReport[]): Finding[] {
  const changing = pages.filter(page => page.isPage && page.status === 200 && !page.isStable)
  const example = changing.find(page => page.difference !== null)?.difference
  const detail =
    example === null || example === undefined ? '' : ` For example: …${example.before}… and …${example.after}…`
  return finding(
    'cache',
    'Pages that differ from visit to visit',
    `Two visits one after the other got other bytes.${detail}`,
    'A nonce, a token or a time in the page: fetch it by a script when it is needed, or leave it out.',
    urls(changing),
  )
}

function variants({ pages }: Seen): Finding[] {
  const many = /^(user-agent|cookie|referer|accept|\*)$/i
  const names = new Map<string, string[]>()
  for (const { first: visit } of pages) {
    for (const name of all(visit.fields, 'vary')
      .flatMap(line => line.split(','))
      .map(each => each.trim())) {
      if (many.test(name)) names.set(name, [...(names.get(name) ?? []), visit.url])
    }
  }
  return [...names].flatMap(([name, where]) =>
    finding('cache', `Pages that vary by ${name}`, `A copy for each value of ${name} is as good as none: there are thousands of them.`, `Take ${name} from Vary where the page does not depend on it.`, where),
  ) // prettier-ignore
}

function shortAssets(assets: readonly AssetSeen[]): Finding[] {
  const short = assets.filter(({ visit }) => visit.status === 200 && judge(visit).seconds < SHORT)
  return finding(
    'cache',
    'Files that browsers and caches may not keep for an hour',
    'Style sheets, scripts and images are asked for again on each visit, or each few minutes.',
    'Send Cache-Control: public, max-age=31536000, immutable with names that change with their content; at least max-age=3600.',
    short.map(({ visit }) => visit.url),
  )
}

const TEXT = /^(text\/|application\/(javascript|json|xml|xhtml\+xml|manifest\+json)|image\/svg\+xml)/

function uncompressed({ pages, assets }: Seen): Finding[] {
  const visits = [...pages.map(page => page.first), ...assets.map(asset => asset.visit)]
  const plain = visits.filter(
    visit => visit.status === 200 && visit.body.length > WORTH_COMPRESSING && TEXT.test(first(visit.fields, 'content-type') ?? '') && first(visit.fields, 'content-encoding') === undefined,
  ) // prettier-ignore
  const bytes = plain.reduce((sum, visit) => sum + visit.body.length, 0)
  return finding('weight', 'Text that is sent as it is', `${kib(bytes)} of text came without Content-Encoding; compressed it is a quarter or less.`, 'Compress text at the origin (gzip or br).', plain.map(visit => visit.url)) // prettier-ignore
}

function heavy({ assets }: Seen, pages: readonly PageReport[]): Finding[] {
  const big = [...pages.map(({ url, wireBytes }) => ({ url, wireBytes })), ...assets.map(({ visit }) => visit)]
    .filter(each => each.wireBytes > HEAVY)
    .toSorted((a, b) => b.wireBytes - a.wireBytes)
  return finding('weight', 'Heavy files', `Each takes more than ${kib(HEAVY)} of everyone’s line; the largest ${kib(big[0]?.wireBytes ?? 0)}.`, 'Make them smaller, load them later, or serve them from elsewhere in the biggest hour.', big.map(each => each.url)) // prettier-ignore
}

function calls(pages: readonly PageReport[]): Finding[] {
  const calling = pages.filter(page => page.calls.length > 0).toSorted((a, b) => b.calls.length - a.calls.length)
  const all = new Set(calling.flatMap(page => page.calls))
  return finding('speed', 'Pages whose scripts call the site again', `Up to ${calling[0]?.calls.length ?? 0} calls a page: ${[...all].slice(0, MOST_WHERE).join(', ')}. Found in the text of inline scripts, so an estimate.`, 'Each call is one more request for every page view: let those be stored that are the same for everyone.', urls(calling)) // prettier-ignore
}

function slow(pages: readonly PageReport[]): Finding[] {
  const late = pages.filter(page => page.firstByteMs > SLOW).toSorted((a, b) => b.firstByteMs - a.firstByteMs)
  return finding('speed', 'Slow pages', `The first byte took longer than ${SLOW} ms with nobody else about; the slowest ${late[0]?.firstByteMs ?? 0} ms.`, 'Look at what they ask the database for: a slow page and a modest crowd are what breaks a site.', urls(late)) // prettier-ignore
}

function broken({ assets }: Seen, pages: readonly PageReport[]): Finding[] {
  const bad = [...pages.map(({ url, status }) => ({ url, status })), ...assets.map(({ visit }) => visit)].filter(
    ({ status }) => status === 0 || status >= 400,
  )
  return finding('broken', 'Links that lead nowhere', 'They were answered with an error, or not at all.', 'Mend or remove them: errors cost the origin as much as pages.', bad.map(each => each.url)) // prettier-ignore
}

export const kib = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`
