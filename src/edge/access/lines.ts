// A line of the access log: JSON with all there is to know, or the combined format that every log analyser reads
// (https://httpd.apache.org/docs/2.4/logs.html#combined). Pure. What a visitor sent can break no line.

import type { Ended } from '../../listener/ended.ts'
import { first } from '../../http/fields.ts'

/** An ended request with what is looked up when its line is written. */
export interface Noted extends Ended {
  /** Wall clock, milliseconds, of its end. */
  at: number
  client: string
}

export type Format = 'json' | 'combined'

/** Characters of a target or field that are written; a log line is no place for 32 KiB of a cookie's cousin. */
const LONGEST = 2048

export function lineOf(noted: Noted, format: Format, share: number): string {
  return format === 'json' ? jsonLine(noted, share) : combinedLine(noted)
}

function jsonLine(noted: Noted, share: number): string {
  const { at, client, method, host, target, httpVersion, status, bytes, outcome, reason, site, lane, head } = noted
  const { ms, queuedMs, originMs } = noted
  return JSON.stringify({
    at: new Date(at).toISOString(),
    ...{ client, site, method, host, target: cut(target), http: httpVersion, status, bytes },
    ...{
      ms: short(ms),
      queuedMs: queuedMs > 0 ? short(queuedMs) : undefined,
      originMs: originMs > 0 ? short(originMs) : undefined,
    },
    ...{ outcome, reason, lane },
    referer: cut(first(head.fields, 'referer')),
    userAgent: cut(first(head.fields, 'user-agent')),
    // So many requests stand for one line.
    share: share < 1 ? share : undefined,
  })
}

function combinedLine({ at, client, method, target, httpVersion, status, bytes, head }: Noted): string {
  const request = method === '' ? '-' : `${escaped(method)} ${escaped(cut(target) ?? '')} HTTP/${httpVersion}`
  const field = (name: string): string => escaped(cut(first(head.fields, name)) ?? '-')
  return `${client} - - [${stamp(at)}] "${request}" ${status === 0 ? 499 : status} ${bytes === 0 ? '-' : bytes} "${field('referer')}" "${field('user-agent')}"`
}

const cut = (text: string | undefined): string | undefined => text?.slice(0, LONGEST)

/** As Apache writes it: quotes and backslashes behind a backslash, what is no visible ASCII as \xHH. */
const escaped = (text: string): string =>
  text
    .replace(/["\\]/g, '\\$&')
    .replace(/[^\x20-\x7e]/g, char => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0').slice(-2)}`)

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number): string => String(value).padStart(2, '0')

/** 24/Dec/2026:20:15:04 +0000: in UTC, so that no hour comes twice. */
function stamp(at: number): string {
  const date = new Date(at)
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  return `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}:${time} +0000`
}

const short = (ms: number): number => Math.round(ms * 1000) / 1000
