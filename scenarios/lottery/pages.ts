// The lottery's pages. The framework begins a session for everybody who comes, and so calls each page private, though all
// see the same: nothing may store it.
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Draws } from './draws.ts'

export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

export const HTML = { 'Content-Type': 'text/html; charset=utf-8' }
const DAY = 'public, max-age=86400'

export const NOT_FOUND: Answer = { status: 404, headers: HTML, body: page('Not found', '<h1>There is no such page here</h1>') } // prettier-ignore

const FILES: Record<string, Answer> = {
  '/style.css': {
    status: 200,
    headers: { 'Content-Type': 'text/css; charset=utf-8', 'Cache-Control': DAY },
    body: 'body{font:1.1rem/1.6 system-ui;margin:0 auto;max-width:42rem;padding:1rem}li{display:inline-block;margin:.3rem}',
  },
  '/balls.svg': {
    status: 200,
    headers: { 'Content-Type': 'image/svg+xml', 'Cache-Control': DAY },
    body: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20"><circle cx="10" cy="10" r="9"/><circle cx="30" cy="10" r="9"/><circle cx="50" cy="10" r="9"/></svg>',
  },
}

export function answerTo(draws: Draws, { method, url = '/', headers }: IncomingMessage): Answer {
  if (method !== 'GET' && method !== 'HEAD') return { ...NOT_FOUND, status: 405 }
  const file = FILES[url]
  if (file !== undefined) return file
  const { pathname, searchParams } = new URL(url, 'http://site.invalid')
  const main = mainOf(draws, pathname, searchParams.get('ticket'))
  if (main === undefined) return NOT_FOUND
  const known = /(?:^|; )session=[0-9a-f]{24}(?:;|$)/.test(headers.cookie ?? '')
  const session: Record<string, string> = known ? {} : { 'Set-Cookie': `session=${randomBytes(12).toString('hex')}; Path=/; HttpOnly` } // prettier-ignore
  return { status: 200, headers: { ...HTML, 'Cache-Control': 'private, no-store', ...session }, body: page('Draw', main) } // prettier-ignore
}

function mainOf(draws: Draws, path: string, ticket: string | null): string | undefined {
  if (path === '/') return `<h1>Tonight at 22:00</h1><p>In the pot: ${(draws.jackpot() / 100).toFixed(2)}</p><a href="/results">The numbers</a>` // prettier-ignore
  if (path === '/results') return `<h1>The numbers</h1><ul>${draws.drawn.map(each => `<li>${each}</li>`).join('')}</ul>${classes(draws)}` // prettier-ignore
  if (path === '/winners') return `<h1>Winners</h1>${classes(draws)}`
  if (path !== '/check' || !/^\d{1,9}$/.test(ticket ?? '')) return undefined
  const hits = draws.hitsOf(Number(ticket))
  return `<h1>Your ticket</h1><p>${hits === undefined ? 'There is no such ticket.' : `${hits} right.`}</p>`
}

const classes = (draws: Draws): string =>
  `<table>${draws.winners().map(({ right, tickets }) => `<tr><td>${right} right</td><td>${tickets}</td></tr>`).join('')}</table>` // prettier-ignore

function page(title: string, main: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title} · Six of 49</title><link rel="stylesheet" href="/style.css"></head><body><img src="/balls.svg" alt="" width="60" height="20"><main>${main}</main><footer>A made-up site that comes with Breakwater, for rehearsals.</footer></body></html>`
}
