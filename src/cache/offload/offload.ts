// The assets of a copy that is made for a spike, led to a content delivery network: those that it was seen to serve byte for
// byte as the origin does. Scripts and style sheets get a digest of those bytes, so that a browser runs nothing else.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Exchange, Next } from '../../exchange.ts'
import { combined } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { readAssets, replaced } from '../../html/assets.ts'
import type { Asset, PageAssets, Replacement } from '../../html/assets.ts'
import type { Edit } from '../../html/tag.ts'
import type { Cache } from '../types.ts'
import { lookAt } from './look.ts'

/** How long a page waits for what is not known of its assets yet, milliseconds. What is found out later is in the next copy. */
const WAITS = 2000

/** The tags written anew for `to`, the network's address; `html` is the page with one character a byte. */
export async function offloaded(
  cache: Cache,
  own: Exchange,
  next: Next,
  page: { html: string; fields: Fields; to: string },
): Promise<readonly Edit[]> {
  const { html, fields, to } = page
  const url = `${own.client.scheme}://${own.host}${own.target}`
  // A browser would load it from nowhere.
  if (own.client.scheme === 'https' && to.startsWith('http:')) return []
  const assets = readAssets(html, url)
  if (!isAllowed([...assets.policies, combined(fields, 'content-security-policy') ?? ''], to)) return []
  const ask = (asset: Asset) => askedOf(cache, own, next, asset, to)
  const looks = looksOf(assets, ask)
  if (looks.length > 0) await Promise.race([Promise.all(looks), sleep(WAITS, undefined, { ref: false })])
  return replaced(html, assets, asset => ask(asset)?.replacement)
}

/** A Content-Security-Policy has to name the network's host, or the browser refuses what comes from there. */
const isAllowed = (policies: readonly string[], to: string): boolean =>
  policies.every(policy => policy === '' || policy.includes(new URL(to).host))

interface Asked {
  readonly replacement: Replacement | undefined
  /** Pending while nothing is known of it. */
  readonly settled: Promise<void> | undefined
}

function askedOf(cache: Cache, own: Exchange, next: Next, { url, kind }: Asset, to: string): Asked | undefined {
  if (url.host !== own.host || url.pathname.startsWith('/.breakwater/')) return undefined
  const target = url.pathname + url.search
  if (own.settingsOf(target, 'GET').bypass) return undefined
  const href = to.replace(/\/$/, '') + target
  const look = { own, next, target, kind, href }
  const { seen, settled } = cache.assets.seen(`${kind} ${own.client.scheme} ${own.host} ${href}`, () => lookAt(look))
  if (seen === undefined) return { replacement: undefined, settled }
  return { replacement: { href, integrity: kind === 'image' ? undefined : seen.integrity }, settled }
}

const looksOf = (assets: PageAssets, ask: (asset: Asset) => Asked | undefined): Promise<void>[] =>
  assets.elements.flatMap(({ places }) => places).flatMap(place => ask(place)?.settled ?? [])
