// The shop: a page for the phone, with the form for pre-orders, and what both write. A form that comes with a receipt number
// is taken once, however often it comes.
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { DatabaseSync } from 'node:sqlite'
import { rowsAtLogin } from './database.ts'

export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

const LARGEST_FORM_BYTES = 16 * 1024
const HTML = { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'private, no-store' }
const DAY = 'public, max-age=86400'

const FILES: Record<string, Answer> = {
  '/style.css': {
    status: 200,
    headers: { 'Content-Type': 'text/css; charset=utf-8', 'Cache-Control': DAY },
    body: 'body{font:1.1rem/1.6 system-ui;margin:0 auto;max-width:42rem;padding:1rem}label{display:block}',
  },
  '/phone.svg': {
    status: 200,
    headers: { 'Content-Type': 'image/svg+xml', 'Cache-Control': DAY },
    body: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 36"><rect x="1" y="1" width="18" height="34" rx="3"/></svg>',
  },
}

export class Shop {
  readonly #database: DatabaseSync
  readonly #rowsAtLogin: number

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#rowsAtLogin = rowsAtLogin(database)
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const { method, url = '/' } = request
    const file = FILES[url]
    if (method === 'POST' && url === '/preorder') return this.#preorder(request, await formOf(request))
    if (method !== 'GET' && method !== 'HEAD') return message(405, 'Not allowed', 'This cannot be done here.')
    if (file !== undefined) return file
    if (url === '/phone') return this.#page(request, 200, page('The phone', PHONE))
    return url === '/thanks' ? message(200, 'Thank you', 'We have your pre-order.') : message(404, 'Not found', 'No such page.') // prettier-ignore
  }

  #preorder(request: IncomingMessage, form: URLSearchParams | undefined): Answer {
    const [name, email] = [form?.get('name') ?? '', form?.get('email') ?? '']
    if (name === '' || !/^[^\s@]+@[^\s@]+$/.test(email)) return message(422, 'Please mend it', 'Name and email are needed.') // prettier-ignore
    const { id, headers } = this.#session(request)
    const receipt = request.headers['breakwater-receipt'] ?? null
    this.#database
      .prepare(
        'INSERT INTO preorder (session, name, email, receipt) VALUES (?, ?, ?, ?) ON CONFLICT (receipt) DO NOTHING',
      ) // prettier-ignore
      .run(id, name, email, typeof receipt === 'string' ? receipt : null)
    return { status: 303, headers: { ...headers, Location: '/thanks', 'Cache-Control': 'no-store' }, body: '' }
  }

  #page(request: IncomingMessage, status: number, body: string): Answer {
    return { status, headers: { ...HTML, ...this.#session(request).headers }, body }
  }

  /** The visitor's session; one who has none is logged in as a guest. */
  #session({ headers }: IncomingMessage): { id: string; headers: Record<string, string> } {
    const known = /(?:^|; )guest=([0-9a-f]{24})(?:;|$)/.exec(headers.cookie ?? '')?.[1]
    if (known !== undefined) return { id: known, headers: {} }
    const id = randomBytes(12).toString('hex')
    this.#database.prepare('INSERT INTO session (id, began) VALUES (?, ?)').run(id, Date.now())
    const login = this.#database.prepare('INSERT INTO login (session, at) VALUES (?, ?)')
    for (let row = 1; row < this.#rowsAtLogin; row++) login.run(id, Date.now())
    return { id, headers: { 'Set-Cookie': `guest=${id}; Path=/; HttpOnly` } }
  }
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > LARGEST_FORM_BYTES) return undefined
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

const PHONE = `<img src="/phone.svg" alt="" width="100" height="180"><h1>The phone</h1><form id="preorder" method="post" action="/preorder"><label>Name <input name="name" required></label><label>Email <input name="email" type="email" required></label><button>Pre-order</button></form>`

const message = (status: number, title: string, text: string): Answer =>
  ({ status, headers: HTML, body: page(title, `<h1>${title}</h1><p>${text}</p>`) }) // prettier-ignore

function page(title: string, main: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><link rel="stylesheet" href="/style.css"></head><body><main>${main}</main><footer>A made-up site that comes with Breakwater, for rehearsals.</footer></body></html>`
}
