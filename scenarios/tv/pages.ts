// The site's pages. A visitor types an address, the page hashes it and asks for all hashes that begin alike, so that the
// site never learns the address, and everybody who asks for the same two digits gets the same answer.
import { BREACHES, type Found } from './database.ts'

export interface Answer {
  status: number
  type: string
  /** Value of Cache-Control. */
  keep: string
  body: string
}

const HTML = 'text/html; charset=utf-8'
const MINUTE = 'public, max-age=60'
const HOUR = 'public, max-age=3600'
const DAY = 'public, max-age=86400'

const page = (title: string, main: string): Answer => ({
  status: 200,
  type: HTML,
  keep: MINUTE,
  body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · Was I in it?</title><link rel="stylesheet" href="/style.css"><script src="/app.js" defer></script></head><body><header><img src="/logo.svg" alt="" width="40" height="40"><a href="/">Was I in it?</a></header><main>${main}</main><footer>A made-up site that comes with Breakwater, for rehearsals.</footer></body></html>`,
})

/** The pages that are the same for everybody, by path. */
export const PAGES: ReadonlyMap<string, Answer> = new Map([
  [
    '/',
    page(
      'Look it up',
      '<h1>Was my address in a breach?</h1><form id="look"><label for="address">Email</label> <input id="address" type="email" required> <button>Look it up</button></form><p id="answer" role="status"></p>',
    ),
  ],
  ['/breaches', page('Breaches', `<h1>Breaches</h1><ul>${BREACHES.map(name => `<li>${name}</li>`).join('')}</ul>`)],
  [
    '/about',
    page('About', '<h1>About</h1><p>Your address never leaves your browser: only two digits of its hash do.</p>'),
  ],
  [
    '/style.css',
    {
      status: 200,
      type: 'text/css; charset=utf-8',
      keep: DAY,
      body: 'body{font:1.1rem/1.6 system-ui;margin:0 auto;max-width:42rem;padding:1rem}header{display:flex;gap:1rem;align-items:center}header a{font-weight:700}input,button{font:inherit;padding:.4rem .7rem}footer{margin-top:4rem;color:#667}',
    },
  ],
  [
    '/logo.svg',
    {
      status: 200,
      type: 'image/svg+xml',
      keep: DAY,
      body: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="18" cy="18" r="13" fill="none" stroke="#245" stroke-width="5"/><path d="M27 27l11 11" stroke="#245" stroke-width="6"/></svg>',
    },
  ],
  [
    '/app.js',
    {
      status: 200,
      type: 'text/javascript; charset=utf-8',
      keep: DAY,
      body: `document.querySelector('#look')?.addEventListener('submit', async event => {
  event.preventDefault()
  const text = document.querySelector('#address').value.trim().toLowerCase()
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
  const hash = [...new Uint8Array(digest)].map(byte => byte.toString(16).padStart(2, '0')).join('')
  const lines = (await (await fetch('/range/' + hash.slice(0, 2))).text()).split('\\n')
  const found = lines.find(line => line.startsWith(hash.slice(2)))
  document.querySelector('#answer').textContent = found ? 'Yes, in ' + found.split(':')[1] + '.' : 'No.'
})
`,
    },
  ],
])

export const rangePage = (found: Found[]): Answer => ({
  status: 200,
  type: 'text/plain; charset=utf-8',
  keep: HOUR,
  body: found.map(({ rest, breaches }) => `${rest}:${breaches}`).join('\n'),
})

export const NOT_FOUND: Answer = { ...page('Not found', '<h1>There is no such page here</h1>'), status: 404 }
