// Trailer fields (RFC 9110 section 6.5): only what may be read after the body is let through. A field that frames, routes,
// authenticates or describes the message would mean something else to whoever merges trailers into the head.

import type { Fields } from './fields.ts'
import { without } from './fields.ts'
import { isHopByHop } from './hopbyhop.ts'

/** The kinds of fields named in RFC 9110 section 6.5.1, spelled out from sections 7 to 15. */
const FORBIDDEN = new Set(
  `host content-length content-encoding content-type content-range content-location content-disposition trailer
  expect max-forwards range if-match if-none-match if-modified-since if-unmodified-since if-range
  cache-control pragma age expires date location retry-after vary warning etag last-modified
  authorization www-authenticate proxy-authorization proxy-authenticate proxy-authentication-info authentication-info
  cookie set-cookie accept accept-encoding accept-language accept-charset forwarded via x-real-ip
  strict-transport-security content-security-policy origin referer`.split(/\s+/),
)

const isForbidden = (name: string): boolean =>
  FORBIDDEN.has(name) ||
  isHopByHop(name) ||
  /^(?:x-forwarded-|breakwater-|access-control-|sec-|proxy-)/.test(name) ||
  name.includes('_')

/** The trailer section without the fields that may not stand there. */
export const allowedTrailers = (trailers: Fields): Fields => without(trailers, isForbidden)
