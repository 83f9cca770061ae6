// The head a browser sends when its user types an address: 15 lines, about 700 bytes, the same for each page but for the
// path. Servers are compared with it, since bare heads of load tools hide what reading a head costs.

/** The Host under which the pages are asked for. */
export const HOST = 'www.example.com'

const FIELDS = [
  `Host: ${HOST}`,
  'Connection: keep-alive',
  'sec-ch-ua: "Chromium";v="146", "Not-A.Brand";v="24", "Google Chrome";v="146"',
  'sec-ch-ua-mobile: ?0',
  'sec-ch-ua-platform: "Windows"',
  'Upgrade-Insecure-Requests: 1',
  'User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
  'Sec-Fetch-Site: none',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-User: ?1',
  'Sec-Fetch-Dest: document',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en-US;q=0.9,en;q=0.8',
]

/** Everything after the request line, the empty line included. */
export const BROWSER_FIELDS = `${FIELDS.join('\r\n')}\r\n\r\n`
/** What wrk sends when nobody gives it a head. */
export const PLAIN_FIELDS = `Host: ${HOST}\r\n\r\n`

/** The same over HTTP/2 (RFC 9113 section 8.2.2): names in small letters, nothing of the connection; the host is the authority. */
export const HTTP2_FIELDS = FIELDS.slice(2).map(field => field.replace(/^[^:]+/, name => name.toLowerCase()))
