// A small site with the habits that keep caches from answering, one a page.
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

let visits = 0

const page = (title: string, body: string): string =>
  `<!doctype html><title>${title}</title><meta name="generator" content="WordPress 6.9"><link rel="stylesheet" href="/style.css">
<a href="/">Home</a> <a href="/news?utm_source=mail">News</a> ${body}`

type Answer = [fields: Record<string, string | string[]>, body: string]

const PAGES: Record<string, (request: IncomingMessage) => Answer> = {
  '/': () => [
    { 'Set-Cookie': ['_ga=1.2; Path=/', 'wp-settings-time-1=9; Path=/'], 'Cache-Control': 'max-age=60' },
    page(
      'Home',
      ['/private', '/changing', '/mine', '/login', '/gone', '/silent', '/big', '/enemy']
        .map(at => `<a href="${at}">${at}</a>`)
        .join(' '),
    ),
  ],
  '/news': () => [{ 'Cache-Control': 'max-age=60' }, page('News', '<script>fetch("/api/latest").then(show)</script>')],
  '/private': () => [{ 'Cache-Control': 'private' }, page('Private', 'the same for all')],
  '/changing': () => [{ 'Cache-Control': 'max-age=60' }, page('Changing', `<input value="token-${++visits}">`)],
  '/mine': request => [
    { 'Cache-Control': 'public, max-age=60' },
    page('Mine', /member=/.test(request.headers.cookie ?? '') ? 'Hello Ada' : 'Hello stranger'),
  ],
  '/login': () => [{}, page('Login', '<form method="post"><input name="password"></form>')],
  '/silent': () => [{ ETag: '"a"' }, page('Silent', 'says nothing of its lifetime')],
  '/enemy': () => [
    { 'Set-Cookie': `bad\u009b2Jname=1; Path=/`, Vary: 'User-Agent', 'Cache-Control': 'max-age=60' },
    page(`${STEERING}Enemy`, `${STEERING} ${++visits} ${STEERING} <script>fetch("/api/${STEERING}")</script>`),
  ],
  '/big': () => [{ 'Cache-Control': 'max-age=60', Vary: 'User-Agent' }, page('Big', 'x'.repeat(600 * 1024))],
}

/** Bytes that steer a terminal: a colour, the title, what turns the direction of writing, and CSI as one character. */
const STEERING = '\u001b[31m\u001b]0;owned\u0007\u202e\u009b2J'

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url!.split('?', 1)[0]!
  if (path === '/style.css') return void response.writeHead(200, { 'Content-Type': 'text/css' }).end('body{}')
  const found = PAGES[path]?.(request)
  if (found === undefined) return void response.writeHead(404, { 'Content-Type': 'text/html' }).end('gone')
  response.writeHead(200, { 'Content-Type': 'text/html', ...found[0] }).end(found[1])
}

export async function startSite(): Promise<{ url: string; server: Server }> {
  const server = createServer(answer)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server }
}
