// robots.txt (RFC 9309), as far as one who walks over a site of their own wants to be polite: the group for everyone, and where the
// site maps are. Pure.

export interface Robots {
  /** Whether the group for everyone lets a target be walked over. */
  allows(target: string): boolean
  /** Absolute. */
  readonly sitemaps: readonly string[]
}

/** Lines beyond these are not read: RFC 9309 section 2.5 asks for 500 KiB at least. */
const MOST_LINES = 10_000

/** Of a pattern: what stands behind more stars is not looked at, so that no pattern takes long. */
const MOST_STARS = 4

interface Rule {
  readonly isAllowed: boolean
  readonly pattern: RegExp
  readonly length: number
}

export function parseRobots(text: string, url: string): Robots {
  const rules: Rule[] = []
  const sitemaps: string[] = []
  let isOurs = false
  let isNaming = false
  for (const line of text.split(/\r?\n/).slice(0, MOST_LINES)) {
    const [, name = '', value = ''] = /^\s*([\w-]+)\s*:\s*([^#]*?)\s*(?:#.*)?$/.exec(line) ?? []
    const field = name.toLowerCase()
    const map = field === 'sitemap' ? URL.parse(value, url) : null
    if (map !== null) sitemaps.push(map.href)
    if (field === 'user-agent') {
      isOurs = (isNaming && isOurs) || value === '*'
      isNaming = true
    } else if (field !== '') isNaming = false
    if ((field === 'allow' || field === 'disallow') && isOurs && value !== '')
      rules.push({ isAllowed: field === 'allow', pattern: patternOf(value), length: value.length })
  }
  return { sitemaps, allows: target => isAllowed(rules, target) }
}

/** The longest rule that matches; of two as long the one that allows (section 2.2.2). */
function isAllowed(rules: readonly Rule[], target: string): boolean {
  const matching = rules.filter(({ pattern }) => pattern.test(target))
  const longest = Math.max(...matching.map(({ length }) => length))
  return matching.length === 0 || matching.some(rule => rule.length === longest && rule.isAllowed)
}

/** `*` for anything, `$` for the end (section 2.2.3). */
function patternOf(path: string): RegExp {
  const parts = path.replace(/\$$/, '').split(/\*+/)
  const escaped = parts.slice(0, MOST_STARS + 1).map(part => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('[^]*?')}${path.endsWith('$') && parts.length <= MOST_STARS + 1 ? '$' : ''}`)
}
