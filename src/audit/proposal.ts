// A config to start from: what the audit saw, as rules. It sets no lifetime that the site did not ask for, except where every
// visit got the same bytes and nothing said how long; what could be somebody's own is left alone. Pure.
import { mayBeAnonymous } from '../cache/policy/anonymous.ts'
import { all } from '../http/fields.ts'
import type { ConfigInput } from '../config/types.ts'
import { harmless, madeWith, session } from './cookies.ts'
import type { Seen } from './crawl.ts'
import type { PageReport } from './pages.ts'

interface Rule {
  name: string
  match?: { path: string[] }
  cache?: { bypass?: boolean; ignoredCookies?: string[]; sessionCookies?: string[]; lifetimeFloor?: string }
  spike?: { cache: { anonymous: boolean } }
}

/** A lifetime for pages that say nothing of one: short enough that nobody takes a page for old. */
const UNSAID = '10s'

export function proposalOf(url: string, seen: Seen, pages: readonly PageReport[]): ConfigInput {
  const { origin, hostname } = new URL(url)
  const presets = presetsOf(seen)
  const rules = [personal(pages), cookies(seen), unsaid(pages), spike(pages)].filter(rule => rule !== undefined)
  const site = { hosts: [hostname], origins: [origin] }
  return {
    sites: [{ ...site, ...(presets.length === 0 ? {} : { presets }), ...(rules.length === 0 ? {} : { rules }) }],
  }
}

/** Names of all cookies that were set. */
const namesOf = ({ given, pages }: Seen): string[] =>
  [...new Set([...given, ...pages.flatMap(page => all(page.first.fields, 'set-cookie'))].map(pair => pair.split('=', 1)[0]!.trim()))] // prettier-ignore

function presetsOf(seen: Seen): NonNullable<ReturnType<typeof madeWith>>[] {
  const byCookie = namesOf(seen).flatMap(name => session(name)?.preset ?? [])
  const byName = seen.pages.flatMap(page => madeWith(page.links?.generator ?? '') ?? [])
  return [...new Set([...byName, ...byCookie])]
}

const pathOf = (url: string): string => new URL(url).pathname
const targetOf = (url: string): string => new URL(url).pathname + new URL(url).search

/** Login, basket, account and their like: nothing of them is stored, whatever they say. */
function personal(pages: readonly PageReport[]): Rule | undefined {
  const paths = [...new Set(pages.filter(page => !mayBeAnonymous(targetOf(page.url))).map(page => firstStep(page.url)))]
  return paths.length === 0
    ? undefined
    : { name: 'pages of one visitor', match: { path: paths }, cache: { bypass: true } }
}

/** The path of a page and all below it; of a page with a secret in its query the path alone. */
const firstStep = (url: string): string => (pathOf(url) === '/' ? '/' : `${pathOf(url).replace(/\/$/, '')}/**`)

/** Those that no preset knows. */
function cookies(seen: Seen): Rule | undefined {
  const names = namesOf(seen)
  const ignoredCookies = [...new Set(names.flatMap(name => harmless(name) ?? []))]
  const sessions = names.flatMap(name => session(name) ?? []).filter(({ preset }) => preset === undefined)
  const sessionCookies = [...new Set(sessions.map(({ pattern }) => pattern))]
  if (ignoredCookies.length + sessionCookies.length === 0) return undefined
  const said = {
    ...(ignoredCookies.length > 0 ? { ignoredCookies } : {}),
    ...(sessionCookies.length > 0 ? { sessionCookies } : {}),
  }
  return { name: 'cookies by what they are for', cache: said }
}

/** Pages that were the same for all and say nothing of their lifetime. */
function unsaid(pages: readonly PageReport[]): Rule | undefined {
  const same = pages.filter(
    page => page.isPage && page.status === 200 && page.isStable && mayBeAnonymous(targetOf(page.url)),
  )
  const silent = same.filter(page => page.stranger.reason === 'stored-to-validate' || page.stranger.reason === 'of-no-use' || page.stranger.reason === 'no-freshness') // prettier-ignore
  if (silent.length === 0) return undefined
  return {
    name: 'pages that say nothing of their lifetime',
    match: { path: pathsOf(silent) },
    cache: { lifetimeFloor: UNSAID },
  }
}

/** Pages that may not be stored on an ordinary day, and look the same to every stranger but for the tokens of their forms. */
function spike(pages: readonly PageReport[]): Rule | undefined {
  const kept = pages.filter(
    page => page.isPage && page.status === 200 && page.isCopyable && !page.leaks && mayBeAnonymous(targetOf(page.url)),
  )
  const closed = kept.filter(page => !page.returning.stored)
  if (closed.length === 0) return undefined
  return {
    name: 'in the biggest hour, as strangers see them',
    match: { path: pathsOf(closed) },
    spike: { cache: { anonymous: true } },
  }
}

/** Rules take so many patterns; beyond a few dozen a person writes better ones. */
const MOST_PATHS = 40

const pathsOf = (pages: readonly PageReport[]): string[] =>
  [...new Set(pages.map(page => pathOf(page.url)))].slice(0, MOST_PATHS)
