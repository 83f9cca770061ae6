// The dashboard's files: plain modules, a style sheet and the chart library, read once and served from here, so that the
// page needs nothing from anywhere else.

import { readFileSync } from 'node:fs'
import type { Reply } from './reply.ts'

const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
}

/** Own files lie beside this one, in a checkout and in the package alike. */
const own = (name: string): URL => new URL(`./dashboard/${name}`, import.meta.url)

const modules = [
  ...[
    'main',
    'actions',
    'acts',
    'blockers',
    'charts',
    'coming',
    'decisions',
    'events',
    'format',
    'forms',
    'forms-file',
  ],
  ...[
    'journal',
    'live',
    'machine',
    'notify',
    'panels',
    'proofs',
    'rehearsal',
    'rehearsals',
    'routes',
    'rules',
    'tables',
    'verdicts',
  ],
]

/** Every file by the path it is served under. */
const files: Record<string, URL> = {
  '/': own('index.html'),
  '/dashboard/dashboard.css': own('dashboard.css'),
  '/dashboard/icon.svg': own('icon.svg'),
  ...Object.fromEntries(modules.map(name => [`/dashboard/${name}.js`, own(`${name}.js`)])),
  '/dashboard/uplot.js': new URL(import.meta.resolve('uplot/dist/uPlot.iife.min.js')),
  '/dashboard/uplot.css': new URL(import.meta.resolve('uplot/dist/uPlot.min.css')),
}

/** The page's own files and its own server; nothing else, and nothing written into the page. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const headers = { 'Content-Security-Policy': POLICY }

/** Each file's path and what is answered there. Throws what node:fs throws when one is missing. */
export const assets: readonly { path: string; reply: Reply }[] = Object.entries(files).map(([path, url]) => {
  const type = types[url.pathname.split('.').at(-1) as keyof typeof types]
  return { path, reply: { status: 200, type, body: readFileSync(url, 'utf8'), headers } }
})
