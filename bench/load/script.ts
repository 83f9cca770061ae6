// The scripts wrk runs. A script makes all of its requests once, as strings, so that sending one costs wrk next to
// nothing; at the end it prints what it counted as one line of JSON.

import { BROWSER_FIELDS, PLAIN_FIELDS } from '../browser.ts'

/** Which requests a connection sends. */
export type Walk =
  /** One page after the other, round and round. */
  | { readonly kind: 'walk'; readonly paths: readonly string[]; readonly head: 'browser' | 'plain' }
  /** The same, each user pausing `meanMs` on average (evenly spread from 0 to twice that) before each request. */
  | { readonly kind: 'paced'; readonly paths: readonly string[]; readonly meanMs: number }
  /** A visitor: the first request of a connection for one of `first`, then `hits` requests for `paths`, then a new connection. */
  | {
      readonly kind: 'visits'
      readonly paths: readonly string[]
      readonly first: readonly string[]
      readonly hits: number
    }
  /** Every request another URL: the path with a number counted on from `from`. */
  | { readonly kind: 'distinct'; readonly path: string; readonly from: number }

/** The script's text, in Lua 5.1 as wrk has it. */
export function script(walk: Walk): string {
  return `${body(walk)}\n${DONE}`
}

function body(walk: Walk): string {
  if (walk.kind === 'walk') return `local pages = ${requests(walk.paths, walk.head)}\n${NEXT}`
  if (walk.kind === 'paced') return `local pages = ${requests(walk.paths, 'browser')}\n${NEXT}\n${pause(walk.meanMs)}`
  return walk.kind === 'visits' ? visits(walk.paths, walk.first, walk.hits) : distinct(walk.path, walk.from)
}

const pause = (meanMs: number): string => `function delay() return math.random(0, ${2 * meanMs}) end`

const visits = (paths: readonly string[], first: readonly string[], hits: number): string => `
local pages, first = ${requests(paths, 'browser')}, ${requests(first, 'browser')}
local last = ${requests(paths, 'browser', 'close')}
local n, at = 0, 0
function request()
  n = n % #pages + 1
  at = at % ${hits + 1} + 1
  if at == 1 then return first[n] end
  return at == ${hits + 1} and last[n] or pages[n]
end`

const distinct = (path: string, from: number): string => `
local n, fields = ${from}, ${quoted(BROWSER_FIELDS)}
function request()
  n = n + 1
  return "GET ${path}?n=" .. n .. " HTTP/1.1\\r\\n" .. fields
end`

const NEXT = `local n = 0
function request()
  n = n % #pages + 1
  return pages[n]
end`

const DONE = `function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\\n{"requests":%d,"us":%d,"bytes":%.0f,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,"p50":%.0f,"p99":%.0f}\\n',
    summary.requests, summary.duration, summary.bytes, e.connect, e.read, e.write, e.status, e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
`

function requests(paths: readonly string[], head: 'browser' | 'plain', connection = 'keep-alive'): string {
  const fields = head === 'browser' ? BROWSER_FIELDS : PLAIN_FIELDS
  const text = fields.replace('Connection: keep-alive', `Connection: ${connection}`)
  return `{\n${paths.map(path => `  ${quoted(`GET ${path} HTTP/1.1\r\n${text}`)},`).join('\n')}\n}`
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\r', '\\r').replaceAll('\n', '\\n')}"`
}
