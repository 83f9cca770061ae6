// ACME Renewal Information (RFC 9773): the directory may suggest when a certificate is to be replaced, as early as at once where it
// has to revoke it.

import { X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import type { Span } from './due.ts'

const WITHIN = 30_000
/** An answer is a few hundred bytes. */
const MOST_BYTES = 16_384
/** Asked again after as long where the directory says nothing of it; between these bounds where it does (section 4.3.3). */
const ASK_EVERY = 6 * 3_600_000
const SOONEST = 60_000
const LATEST = 24 * 3_600_000
/** The extension authorityKeyIdentifier, 2.5.29.35, in DER. */
const AUTHORITY_KEY_IDENTIFIER = Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x23])

export interface Suggestion {
  window: Span
  /** Milliseconds until it is to be asked again. */
  askAgain: number
}

/** The name of a certificate in renewal information (section 4.1); undefined where it says nothing of the key of its issuer. */
export function certificateId(chain: string): string | undefined {
  const certificate = new X509Certificate(chain)
  const issuer = keyIdentifier(certificate.raw)
  if (issuer === undefined) return undefined
  return `${issuer.toString('base64url')}.${serialOf(certificate.serialNumber).toString('base64url')}`
}

/** As DER holds it: with a zero before where it would read as negative. */
function serialOf(hex: string): Buffer {
  const bytes = Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, 'hex')
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes
}

/** The extension holds OCTET STRING { SEQUENCE { [0] keyIdentifier … } }; identifiers are 20 bytes or so: lengths of one byte. */
function keyIdentifier(der: Buffer): Buffer | undefined {
  const at = der.indexOf(AUTHORITY_KEY_IDENTIFIER)
  if (at === -1) return undefined
  const [octets, , sequence, , tag, length] = der.subarray(at + AUTHORITY_KEY_IDENTIFIER.length)
  if (octets !== 0x04 || sequence !== 0x30 || tag !== 0x80 || length === undefined || length > 127) return undefined
  const start = at + AUTHORITY_KEY_IDENTIFIER.length + 6
  return der.subarray(start, start + length)
}

/** What a directory suggests, read from its answer. Undefined where it says nothing that can be used. */
export function readSuggestion(body: string, retryAfter: string | undefined): Suggestion | undefined {
  let said: { suggestedWindow?: { start?: unknown; end?: unknown } } | null
  try {
    said = JSON.parse(body) as typeof said
  } catch {
    return undefined
  }
  const [from, to] = [said?.suggestedWindow?.start, said?.suggestedWindow?.end].map(each => Date.parse(String(each)))
  if (from === undefined || to === undefined || !(from <= to)) return undefined
  const seconds = Number(retryAfter)
  const askAgain = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : ASK_EVERY
  return { window: { from, to }, askAgain: Math.min(LATEST, Math.max(SOONEST, askAgain)) }
}

/** Asks the directory. Resolves with undefined where it does not say: then the lifetime alone counts. */
export function askSuggestion(
  renewalInfo: string,
  id: string,
  ca: string | undefined,
): Promise<Suggestion | undefined> {
  return new Promise(resolve => {
    const options = { timeout: WITHIN, ...(ca === undefined ? {} : { ca }) }
    const call = request(`${renewalInfo.replace(/\/$/, '')}/${id}`, options, response => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        if (text.length > MOST_BYTES) call.destroy()
      })
      response.on('end', () =>
        resolve(response.statusCode === 200 ? readSuggestion(text, response.headers['retry-after']) : undefined),
      )
      response.on('error', () => resolve(undefined))
    })
    call.on('timeout', () => call.destroy())
    call.on('error', () => resolve(undefined))
    call.end()
  })
}
