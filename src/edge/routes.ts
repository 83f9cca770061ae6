// What requests to each route cost, summed up on this edge and told once a second: by outcome, bytes, time in the queue, time of the
// origin. A route is a method and a path whose numbers and names are left open, so that a million articles are one.

import type { Exchange } from '../exchange.ts'
import type { Ended } from '../listener/ended.ts'
import type { RouteKind, RouteSums } from '../threads/sums.ts'
import { typesPromised } from '../site/extensions.ts'

/** Routes that are told apart, by the rules that match as well: some 300 bytes each. What comes beyond is counted under one name, `…`. */
const MOST_ROUTES = 512
/** Segments of a path that are looked at; whatever is deeper is one route. */
const DEEPEST = 4
const LONGEST = 40
const OTHER = '…'
/** Targets whose routes are remembered, each some 200 bytes: a request that is passed on asks twice, and finding one anew is felt. */
const REMEMBERED = 4096

interface Cell extends RouteSums {
  /** Of the fast lane, which adds to these two without a call. */
  hits: number
  isTouched: boolean
}

interface Asked {
  readonly route: string
  readonly rules: readonly string[]
  readonly cell: Cell
}

export class Routes {
  readonly #cells = new Map<string, Cell>()
  /** What was last asked for of each target: a request that is passed on asks twice. */
  readonly #last = new Map<string, Asked>()

  /** Where the fast lane counts answers to a GET for this target that these rules match. */
  hitsOf(site: string, target: string, rules: readonly string[]): { hits: number; bytes: number } {
    return this.#cell(site, 'GET', target, rules, true)
  }

  /** A request of the slow lane has ended; those of the fast lane are counted where `hitsOf` says. */
  ended({ lane, site, method, target, rules, status, outcome, bytes, queuedMs }: Ended): void {
    if (lane === 'fast' || site === undefined || outcome === 'own') return
    // Scanners try paths by the thousand: a path that is not there is no route.
    const cell = this.#cell(site, method, target, rules, status < 400)
    cell.outcomes[outcome] = (cell.outcomes[outcome] ?? 0) + 1
    cell.bytes += bytes
    cell.queuedMs += queuedMs
    cell.isTouched = true
  }

  /** An origin has worked so long for it: for a visitor, to refresh what is stored, or for a form that was collected. */
  spent(
    { site, method, target, settings }: Pick<Exchange, 'site' | 'method' | 'target' | 'settings'>,
    ms: number,
  ): void {
    const cell = this.#cell(site.name, method, target, settings.matched, true)
    cell.originMs += ms
    cell.originRequests++
    cell.isTouched = true
  }

  /** What has come since the last time. */
  take(): RouteSums[] {
    return [...this.#cells.values()].filter(({ hits, isTouched }) => hits > 0 || isTouched).map(taken)
  }

  #cell(site: string, method: string, target: string, rules: readonly string[], mayBeNew: boolean): Cell {
    const last = this.#last.get(target)
    if (last !== undefined && last.rules === rules && last.cell.method === method && last.cell.site === site)
      return last.cell
    const route = last?.route ?? routeOf(target)
    const cell = this.#find(site, method, route, target, rules, mayBeNew)
    if (this.#last.size >= REMEMBERED) this.#last.clear()
    if (cell.route !== OTHER && target.length <= LONGEST * DEEPEST) this.#last.set(target, { route, rules, cell })
    return cell
  }

  #find(
    site: string,
    method: string,
    route: string,
    target: string,
    rules: readonly string[],
    mayBeNew: boolean,
  ): Cell {
    const name = `${site} ${method} ${route} ${rules.join()}`
    const known = this.#cells.get(name)
    if (known !== undefined) return known
    const isKept = mayBeNew && this.#cells.size < MOST_ROUTES
    const under = isKept ? name : `${site} ${method} ${OTHER} ${rules.join()}`
    const cell = this.#cells.get(under) ?? newCell(site, method, isKept ? route : OTHER, kindOf(method, target), rules)
    this.#cells.set(under, cell)
    return cell
  }
}

const newCell = (site: string, method: string, route: string, kind: RouteKind, rules: readonly string[]): Cell => ({
  ...{ site, method, route, kind, rules },
  ...{ outcomes: {}, bytes: 0, queuedMs: 0, originMs: 0, originRequests: 0, hits: 0, isTouched: false },
})

/** What the cell has, which begins anew. */
function taken(cell: Cell): RouteSums {
  const { hits, isTouched: _isTouched, ...sums } = cell
  const hit = (sums.outcomes['hit'] ?? 0) + hits
  const told = { ...sums, outcomes: hit > 0 ? { ...sums.outcomes, hit } : sums.outcomes }
  Object.assign(cell, {
    outcomes: {},
    bytes: 0,
    queuedMs: 0,
    originMs: 0,
    originRequests: 0,
    hits: 0,
    isTouched: false,
  })
  return told
}

/** The route of a target: `/news/2026/a-very-long-title?x=1` becomes `/news/` and two open segments. */
export function routeOf(target: string): string {
  const end = target.indexOf('?')
  const path = end === -1 ? target : target.slice(0, end)
  const segments = path.split('/').slice(1)
  const shown = segments.slice(0, DEEPEST).map(segment => (isName(segment) ? segment : '*'))
  return `/${shown.join('/')}${segments.length > DEEPEST ? `/${OTHER}` : ''}`
}

/** A word that the site's makers chose, as far as one can tell: no number, no identifier, no title. */
function isName(segment: string): boolean {
  if (segment.length > LONGEST || /[^\w.~-]/.test(segment)) return false
  const isNumbered =
    /^\d+$/.test(segment) || (/\d/.test(segment) && !/^[a-z]{1,12}\d{0,2}(\.[a-z]{2,5})?$/i.test(segment))
  return !isNumbered && segment.split(/[-_]/).length <= 3
}

/** `/graphql`, `/api/…`, `/v1/…`, `/wp-json/…` are what programs ask for. */
const API = /^\/(api|graphql|rest|wp-json|rpc|ajax|v\d+)(\/|\?|$)/i

export function kindOf(method: string, target: string): RouteKind {
  if (method !== 'GET' && method !== 'HEAD') return API.test(target) && method === 'OPTIONS' ? 'api' : 'write'
  if (API.test(target)) return 'api'
  return typesPromised(target.replace(/\?.*$/s, '')) === undefined ? 'page' : 'asset'
}
