// What Breakwater itself serves below /.breakwater/ on every site. Nothing there is ever forwarded, whatever is asked, so
// an origin can neither see nor fake these pages.

import type { Answer } from '../../exchange.ts'
import { refusalAnswer } from '../../refusal.ts'
import { formsScript } from './forms-script.ts'
import type { Head } from './head.ts'
import type { SlowLaneDeps } from './types.ts'

type Facts = Pick<SlowLaneDeps, 'draining' | 'modeOf' | 'receiptPage' | 'own'>

type OwnPage = (facts: Facts, head: Head) => Answer | Promise<Answer>

const text = (status: number, line: string): Answer => ({
  status,
  fields: ['Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', 'no-store', 'X-Robots-Tag', 'noindex'],
  body: Buffer.from(`${line}\n`),
})

/** An hour: it says the same of every page. */
const script: Answer = {
  status: 200,
  fields: [
    ...['Content-Type', 'text/javascript; charset=utf-8', 'Cache-Control', 'public, max-age=3600'],
    ...['X-Content-Type-Options', 'nosniff'],
  ],
  body: Buffer.from(formsScript),
}

/** Answered by the cache room, which asks the origin for the page that the ticket behind it names, and for nothing else. */
const FORM_TOKENS = '/.breakwater/form?breakwater-form='

const pages: Record<string, OwnPage> = {
  // For a load balancer in front of several Breakwaters: not whether the site is well, but whether to send visitors here.
  '/.breakwater/health': ({ draining }) => (draining() ? text(503, 'draining') : text(200, 'ok')),
  // For pages that are copies for everyone and have forms.
  '/.breakwater/forms.js': () => script,
  // For jobs that should not run in a spike, and for people.
  '/.breakwater/mode': ({ modeOf }, head) => {
    const mode = modeOf(head.host)
    return mode === undefined ? refusalAnswer(head, 'unknown-host') : text(200, mode)
  },
}

/** A receipt's number follows. */
const RECEIPTS = '/.breakwater/receipts/'

const ALLOWED = ['Allow', 'GET, HEAD']

/** The answer to a request for a path of ours, or undefined when the path is the site's. */
export function ownAnswer(head: Head, facts: Facts): Answer | Promise<Answer> | undefined {
  if (!isOwn(head.target) || isForTokens(head)) return undefined
  const [path = ''] = head.target.split('?', 1)
  const page = pageFor(path, facts)
  const more = page === undefined ? facts.own?.(head) : undefined
  if (page === undefined && more === undefined) return refusalAnswer(head, 'own-path-unknown')
  if (head.method !== 'GET' && head.method !== 'HEAD') return refusalAnswer(head, 'method-refused', { fields: ALLOWED })
  return more ?? page!(facts, head)
}

const isForTokens = ({ method, target }: Head): boolean => method === 'GET' && target.startsWith(FORM_TOKENS)

function pageFor(path: string, { receiptPage }: Facts): OwnPage | undefined {
  if (receiptPage !== undefined && path.startsWith(RECEIPTS))
    return (_, head) => receiptPage(head, path.slice(RECEIPTS.length))
  return Object.hasOwn(pages, path) ? pages[path] : undefined
}

/**
 * True for any spelling that an origin could take for a path below /.breakwater/: percent-encoded, with dot segments,
 * doubled or backward slashes, in capitals.
 */
export function isOwn(target: string): boolean {
  // Cheap and sufficient for nearly all: no spelling does without the letters or a percent sign.
  if (!/breakwater|%/i.test(target)) return false
  const path = target.replace(/[?].*$/s, '')
  return isBelowOwn(path) || isBelowOwn(decode(path)) || isBelowOwn(decode(decode(path)))
}

/** Whether a reader who tidies the path comes by /.breakwater at any step: even one who leaves by `..` again. */
function isBelowOwn(path: string): boolean {
  const segments: string[] = []
  for (const each of path.toLowerCase().split(/[/\\]+/)) {
    // A parameter after a semicolon is cut off by some servers before they look for the file.
    const segment = each.replace(/;.*$/s, '')
    if (segment === '..') segments.pop()
    else if (segment !== '.' && segment !== '') segments.push(segment)
    if (segments[0] === '.breakwater') return true
  }
  return false
}

const decode = (path: string): string =>
  path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
