// The normal form in which paths are compared with rules, so that no spelling that means the same escapes a rule: an
// origin takes `/%61dmin`, `/x/../admin` and `//admin` for `/admin`. Capitals, `;` and `%2F` mean another path by RFC 3986.

/** Without these a path is in its normal form already; nearly all are. */
const ODD = /%|\/\/|\/\.|[^!-~]/

/**
 * The path with percent-encoded unreserved characters decoded, the hex digits of others in capitals, other bytes than ASCII
 * and a percent sign that encodes nothing encoded, dot segments removed (RFC 3986 sections 5.2.4 and 6.2.2) and doubled slashes made one.
 */
export function normalPath(path: string): string {
  if (!ODD.test(path)) return path
  const encoded = path.replaceAll(/[^!-~]+/g, text => encodeURIComponent(text.toWellFormed()))
  const decoded = encoded
    .replaceAll(/%(?![0-9a-fA-F]{2})/g, '%25')
    .replaceAll(/%([0-9a-fA-F]{2})/g, (whole, hex: string) => {
      const char = String.fromCharCode(Number.parseInt(hex, 16))
      return /[A-Za-z0-9._~-]/.test(char) ? char : whole.toUpperCase()
    })
  return withoutDots(decoded)
}

function withoutDots(path: string): string {
  const steps = path.split('/')
  const kept: string[] = []
  for (const step of steps) {
    if (step === '..') kept.pop()
    else if (step !== '.' && step !== '') kept.push(step)
  }
  const last = steps.at(-1)
  const open = kept.length > 0 && (last === '' || last === '.' || last === '..')
  return `/${kept.join('/')}${open ? '/' : ''}`
}
