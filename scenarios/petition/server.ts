// The site on node:http: reads what was asked, takes the answer from the routes, sends it, 304 where the visitor has it.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { entityTag, readAssets } from './assets.ts'
import type { Forms } from './forms.ts'
import type { Petitions } from './petitions.ts'
import { type Answer, message, route } from './routes.ts'

/** The sign form is under 1 KiB; nothing here takes more. */
const LARGEST_FORM_BYTES = 16 * 1024

export function createSite(petitions: Petitions, forms: Forms): RequestListener {
  const assets = readAssets()
  return (request, response) => {
    respond(request, assets, petitions, forms)
      .catch(() => message(500, 'Something went wrong', 'Please try again in a moment.'))
      .then(answer => send(request, response, answer))
      .catch(() => response.destroy())
  }
}

async function respond(
  request: IncomingMessage,
  assets: Map<string, Answer>,
  petitions: Petitions,
  forms: Forms,
): Promise<Answer> {
  const url = URL.parse(request.url ?? '/', 'http://site.invalid')
  if (url === null) return message(400, 'Not understood', 'This address cannot be read.')
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET')
  const asset = assets.get(url.pathname)
  if (asset !== undefined && method === 'GET') return asset
  const form = method === 'POST' ? await readForm(request) : new URLSearchParams()
  if (form === undefined) return message(413, 'Too much', 'The form is larger than this site takes.')
  return route({ method, url, cookie: request.headers.cookie, form }, petitions, forms, Date.now())
}

/** The posted form, or undefined when it is too large. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > LARGEST_FORM_BYTES) return undefined
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const headers: Record<string, string> = { 'X-Content-Type-Options': 'nosniff', ...answer.headers }
  const body = Buffer.from(answer.body)
  if (answer.status === 200 && headers['Cache-Control']?.startsWith('public')) headers['ETag'] ??= entityTag(body)
  if (headers['ETag'] !== undefined && request.headers['if-none-match']?.includes(headers['ETag'])) {
    response.writeHead(304, headers).end()
    return
  }
  response.writeHead(answer.status, { ...headers, 'Content-Length': body.length }).end(body)
}
