// What a visitor's browser sends for a page.
import type { Random } from '../base/random.ts'
import type { WeightedPath } from './job.ts'

/** Marks the crowd in logs. */
const USER_AGENT = 'Mozilla/5.0 (compatible; Breakwater-Rehearsal)'

/** A whole GET request; `cookie` is the Cookie field's value or empty. */
export function requestHead(authority: string, path: string, cookie: string): string {
  const fields = `Host: ${authority}\r\nUser-Agent: ${USER_AGENT}\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: en\r\n`
  return `GET ${path} HTTP/1.1\r\n${fields}${cookie === '' ? '' : `Cookie: ${cookie}\r\n`}\r\n`
}

/** Picks each path as often as its weight says. */
export function pathPicker(paths: WeightedPath[]): (random: Random) => string {
  let total = 0
  const upTo = paths.map(({ path, weight }) => ({ path, until: (total += weight) }))
  return random => {
    const at = random.next() * total
    return (upTo.find(({ until }) => at < until) ?? upTo.at(-1)!).path
  }
}
