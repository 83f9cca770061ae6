// Why a page is answered from the store or not: the decisions of every room on one request, tried on the real origin without
// a visitor noticing. What `breakwater explain` prints.

import { SYNTHETIC_ADDRESS } from '../cache/policy/anonymous.ts'
import { readWhole } from '../cache/whole.ts'
import type { Mode } from '../config/modes.ts'
import type { Config } from '../config/types.ts'
import type { Answer } from '../exchange.ts'
import { checkHead } from '../listener/slow/head.ts'
import type { Head } from '../listener/slow/head.ts'
import { SlowExchange } from '../listener/slow/slow-exchange.ts'
import type { Fields } from '../http/fields.ts'
import { reasons } from '../reasons.ts'
import { Sites } from '../site/sites.ts'
import type { Site } from '../site/sites.ts'
import { currentIn, snapshotsOf } from '../snapshot/folder.ts'
import { memberOf, remarks, verdictOf } from './afterwards.ts'
import type { Verdict } from './afterwards.ts'
import { beforehand } from './beforehand.ts'
import type { Decision } from './decision.ts'
import { NOT_ASKED, dryLine } from './dry-line.ts'

/** What is to be explained. */
export interface Question {
  /** As a visitor would type it. */
  readonly url: URL
  readonly method: string
  /** The visitor's, with Host and Cookie. */
  readonly fields: Fields
  /** The visitor's address; without one, that of nobody in particular. */
  readonly address?: string | undefined
  readonly config: Config
  /** Without one, the one in the config. */
  readonly mode?: Mode | undefined
}

export interface Explanation {
  url: string
  site: string
  mode: Mode
  decisions: readonly Decision[]
  /** Null where the origin was not asked, for its answer would change something. */
  verdict: Verdict | null
  /** Our member of Cache-Status, as the visitor who fetches it sees it. */
  cacheStatus: string | null
}

/** A body longer than this is not read to its end. */
const MOST_BYTES = 8 * 1024 * 1024
/** All that is asked for has to be there after this, milliseconds. */
const WITHIN = 120_000

/** Why a request cannot be explained: a sentence. */
export class Unexplained extends Error {}

/** Asks the origin by GET and HEAD alone, one thing after the other: for what a running shield would ask it, and for nothing else. */
export async function explain(question: Question): Promise<Explanation> {
  const { url, config } = question
  const head = headOf(question)
  const sites = new Sites(config, {
    version: 0,
    of: (_, configured) => question.mode ?? configured,
    snapshotOf: name => currentIn(snapshotsOf(config.data, name)),
  })
  const site = siteOf(sites, head.host, config)
  const settings = site.rules.settingsFor(head)
  const told = { url: url.href, site: site.config.name, mode: site.mode }
  const before: Decision[] = [
    { room: 'site', says: `The site "${site.config.name}", in mode ${site.mode}.` },
    ...beforehand(head, settings),
  ]
  const { decisions, ...rest } = await tried(question, head, sites, site)
  return { ...told, decisions: [...before, ...decisions], ...rest }
}

/** Judged as the listener judges it. Throws Unexplained where it goes no further. */
function headOf({ url, method, fields, config: { limits } }: Question): Head {
  const target = url.pathname + url.search
  const raw = { method, url: target, httpVersion: '1.1', rawHeaders: fields }
  const { head, refuse } = checkHead(raw, { ...limits, idleTimeout: 0 })
  if (head === undefined) throw new Unexplained(`Such a request is refused (${refuse}): ${reasons[refuse].prose}`)
  if (head.target.startsWith('/.breakwater/'))
    throw new Unexplained('What lies below /.breakwater/ is answered by Breakwater itself, and never forwarded.')
  return head
}

function siteOf(sites: Sites, host: string, config: Config): Site {
  const site = sites.find(host)
  if (site !== undefined) return site
  const known = config.sites.flatMap(({ hosts }) => hosts).join(', ')
  throw new Unexplained(`No site of the config has the host ${host}; there are: ${known}.`)
}

type Tried = Pick<Explanation, 'decisions' | 'verdict' | 'cacheStatus'>

/** The request through the rooms, and its answer back. */
async function tried({ url, address, config }: Question, head: Head, sites: Sites, site: Site): Promise<Tried> {
  const line = dryLine(config, sites, site.config)
  const peer = { address: address ?? SYNTHETIC_ADDRESS, port: 0, secure: url.protocol === 'https:' }
  const ways = {
    startedAt: performance.now(),
    body: null,
    upgrade: undefined,
    isStream: false,
    inform: () => undefined,
  }
  const exchange = new SlowExchange(head, peer, ways)
  const timer = setTimeout(() => exchange.leave(), WITHIN)
  try {
    const answer = await line.answer(exchange)
    if (answer === NOT_ASKED || answer.status === 0) return { decisions: [], verdict: null, cacheStatus: null }
    await takeIn(answer)
    const verdict = verdictOf(exchange, answer, line.heard)
    return { decisions: remarks(line.heard), verdict, cacheStatus: memberOf(answer) }
  } finally {
    clearTimeout(timer)
    line.close()
  }
}

/** To its end, so that a line that broke off in the middle is closed by then. */
const takeIn = async ({ body }: Answer): Promise<void> => void (await readWhole(body, MOST_BYTES))
