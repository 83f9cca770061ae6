// Fetches a page that another node wants and this one owns: by an exchange of its own, for which nobody waits here. It has the host
// and the target of what the other was asked for, the content codings, and nothing else of any visitor's, so what is stored is what one would have
// been given who brings nothing along. The other's visitor has passed the rooms before the cache there.

import type { Clock } from '../base/clock.ts'
import { keyEnd } from '../cache/key.ts'
import { SYNTHETIC_ADDRESS } from '../cache/policy/anonymous.ts'
import { NEVER_GONE, UNSENT, drain } from '../exchange.ts'
import type { Answer, Exchange, Next } from '../exchange.ts'
import type { Fields } from '../http/fields.ts'
import type { Site, Sites } from '../site/sites.ts'
import { keyPrefix } from '../store/keys.ts'
import type { WantedPage } from '../threads/cluster.ts'
import { createNodesLine } from './line.ts'
import type { LineDeps } from './line.ts'

const FIELDS = Object.freeze(['User-Agent', 'Mozilla/5.0 (compatible; Breakwater)', 'Accept', '*/*']) as Fields

export class ForNodes {
  readonly #deps: LineDeps
  readonly #sites: Sites
  readonly #clock: Clock
  /** Made when it is first needed: most machines are by themselves. */
  #line: Next | undefined

  constructor(deps: LineDeps) {
    this.#deps = deps
    this.#sites = deps.sites
    this.#clock = deps.clock
  }

  /** Errors are nobody's here: the other node hears that nothing came, and fetches it for its visitor. */
  fetch(wanted: WantedPage): void {
    const site = this.#sites.named(wanted.site)
    const exchange = site && exchangeFor(wanted, site, this.#clock.monotonic())
    if (exchange === undefined) return
    this.#line ??= createNodesLine(this.#deps)
    this.#line(exchange).then(
      ({ body }) => (exchange.outcome === 'miss' ? drain(body) : letGo(body)),
      () => {},
    )
  }
}

/** Undefined where the rules here lead it another way than into the store, under this key. */
function exchangeFor(
  { key, scheme, host, target, codings }: WantedPage,
  site: Site,
  startedAt: number,
): Exchange | undefined {
  const fields = codings === undefined ? FIELDS : [...FIELDS, 'Accept-Encoding', codings]
  const settingsOf: Exchange['settingsOf'] = (other, method = 'GET') =>
    site.rules.settingsFor({ method, host, target: other, fields })
  const settings = settingsOf(target)
  const isStored = !settings.bypass && settings.anonymous === undefined && settings.snapshot === null
  if (!isStored || keyPrefix(site.config.name, scheme, host) + keyEnd(target, settings) !== key) return undefined
  return {
    ...UNSENT,
    ...{ startedAt, method: 'GET', target, host, fields, httpVersion: '1.1', gone: NEVER_GONE },
    ...{ site: site.config, settings, settingsOf },
    peer: { address: SYNTHETIC_ADDRESS, port: 0, secure: scheme === 'https' },
    client: { address: SYNTHETIC_ADDRESS, scheme },
    intent: 'fetch',
    outcome: 'miss',
  }
}

/** It is not stored: an event stream would flow for ever. */
function letGo(body: Answer['body']): void {
  if (body !== null && !(body instanceof Uint8Array)) body.cancel(new Error('it is for nobody'))
}
