// The post that all are measured with: a form of 1 KiB, another number in each, with the head that a browser sends.

import { HOST } from '../browser.ts'

export const PATH = '/petitions/1/signatures'
/** Bytes of the body. */
export const BYTES = 1024

const FIELDS = [
  `Host: ${HOST}`,
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language: en-GB,en;q=0.5',
  'Accept-Encoding: gzip, deflate, br',
  'Content-Type: application/x-www-form-urlencoded',
  `Content-Length: ${BYTES}`,
  `Origin: http://${HOST}`,
  `Referer: http://${HOST}/petitions/1`,
  'Sec-Fetch-Site: same-origin',
  'Connection: keep-alive',
].join('\r\n')

const HEAD = `POST ${PATH} HTTP/1.1\r\n${FIELDS}\r\n\r\n`

/** Without its number, which has ten digits. */
const BEFORE = 'petition=1&name=Ada+Lovelace&email=visitor'
const AFTER = `%40example.org&comment=${'x'.repeat(BYTES - BEFORE.length - 10 - '%40example.org&comment='.length)}`

/** A whole request. */
export const postOf = (number: number): string => `${HEAD}${BEFORE}${String(number).padStart(10, '0')}${AFTER}`

/** The same as a script for wrk, whose one thread counts from `from`. */
export const wrkScript = (from: number): string => `
local n, before, after = ${from}, ${lua(HEAD + BEFORE)}, ${lua(AFTER)}
function request()
  n = n + 1
  return before .. string.format("%010d", n) .. after
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format('\\n{"requests":%d,"us":%d,"bytes":%.0f,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,"p50":%.0f,"p99":%.0f}\\n',
    summary.requests, summary.duration, summary.bytes, e.connect, e.read, e.write, e.status, e.timeout,
    latency:percentile(50), latency:percentile(99)))
end
`

const lua = (text: string): string => `"${text.replaceAll('\r', '\\r').replaceAll('\n', '\\n')}"`
