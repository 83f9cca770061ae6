// Requests that scripts on a page send: found in their text, so an estimate. What is put together from pieces at run time
// is not seen, and what stands in a branch that never runs is. Pure.

/** Each names the address as its first string. */
const CALLS = [
  /\bfetch\(\s*(['"`])([^'"`\s]{1,500})\1/g,
  /\.open\(\s*['"`](?:GET|POST|PUT|DELETE|PATCH)['"`]\s*,\s*(['"`])([^'"`\s]{1,500})\1/gi,
  /\$\.(?:get|post|getJSON|ajax)\(\s*(['"`])([^'"`\s]{1,500})\1/g,
  /\baxios(?:\.(?:get|post|put|delete|patch))?\(\s*(['"`])([^'"`\s]{1,500})\1/g,
  /\bnew\s+(?:EventSource|WebSocket)\(\s*(['"`])([^'"`\s]{1,500})\1/g,
  /\burl\s*:\s*(['"`])(\/[^'"`\s]{1,500})\1/g,
]

/** More in one script are not told apart. */
const MOST_CALLS = 100

/** Addresses that the script seems to call, resolved against `base`. */
export function callsIn(script: string, base: string): string[] {
  const found = new Set<string>()
  for (const pattern of CALLS) {
    for (const [, , address] of script.matchAll(pattern)) {
      const url = URL.parse(address!, base)
      if (url !== null && found.size < MOST_CALLS) found.add(url.href)
    }
  }
  return [...found]
}
