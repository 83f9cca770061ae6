// Writes a snapshot: bodies under their digest as they come, the list at the end, and then the name that makes it whole. What was
// broken off leaves nothing that could be taken for one.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Visit } from '../audit/visit.ts'
import { has } from '../http/fields.ts'
import type { Fields } from '../http/fields.ts'
import { nameOf } from '../snapshot/folder.ts'
import type { Version } from '../snapshot/folder.ts'
import { bodyIn, manifestIn } from '../snapshot/manifest.ts'
import type { Manifest, Page } from '../snapshot/manifest.ts'

/** What was true of one answer or one connection, or was made for one visitor. */
const OF_THE_MOMENT = new Set([
  ...['date', 'age', 'expires', 'cache-control', 'cdn-cache-control', 'surrogate-control', 'pragma', 'vary', 'via'],
  ...['set-cookie', 'set-cookie2', 'clear-site-data', 'www-authenticate', 'authentication-info', 'retry-after'],
  ...['connection', 'keep-alive', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'proxy-connection', 'alt-svc'],
  ...[
    'content-length',
    'content-encoding',
    'accept-ranges',
    'cache-status',
    'server-timing',
    'x-cache',
    'x-request-id',
  ],
])

/** The name is given only to what would be there after a loss of power. */
const ON_DISK = { mode: 0o644, flush: true } as const

export class SnapshotWriter {
  readonly #folder: string
  readonly #part: string
  readonly #pages: Record<string, Page> = {}

  /** `folder`: of the site's snapshots. Throws what node:fs throws. */
  constructor(folder: string, version: Version) {
    this.#folder = join(folder, nameOf(version))
    this.#part = `${this.#folder}.part`
    if (existsSync(this.#folder)) throw new Error(`${this.#folder} is there already`)
    mkdirSync(this.#part, { recursive: true })
  }

  has(target: string): boolean {
    return Object.hasOwn(this.#pages, target)
  }

  put(target: string, { status, fields, body, url }: Visit): void {
    const name = body.length === 0 ? null : createHash('sha256').update(body).digest('hex')
    if (name !== null) this.#write(name, body)
    // Browsers ask each time whether theirs is still the one.
    const tag = name === null || has(fields, 'etag') ? [] : ['ETag', `"${name.slice(0, 22)}"`]
    this.#pages[target] = { status, fields: [...lasting(fields, url), ...tag], body: name, length: body.length }
  }

  #write(name: string, body: Buffer): void {
    const path = bodyIn(this.#part, name)
    if (existsSync(path)) return
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, body, ON_DISK)
  }

  /** `report`: what is kept beside it for people. */
  finish(manifest: Omit<Manifest, 'pages'>, report: object): void {
    writeFileSync(join(this.#part, 'report.json'), `${JSON.stringify(report, null, 2)}\n`, ON_DISK)
    writeFileSync(manifestIn(this.#part), JSON.stringify({ ...manifest, pages: this.#pages }), ON_DISK)
    renameSync(this.#part, this.#folder)
  }

  discard(): void {
    rmSync(this.#part, { recursive: true, force: true })
  }
}

/** Fields that stay true; a redirect within the site says where by path, so that it holds under any of its hosts. */
function lasting(fields: Fields, url: string): Fields {
  const kept: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!.toLowerCase()
    if (OF_THE_MOMENT.has(name) || name.startsWith('breakwater-')) continue
    kept.push(fields[i]!, name === 'location' ? within(fields[i + 1]!, url) : fields[i + 1]!)
  }
  return kept
}

function within(location: string, url: string): string {
  const to = URL.parse(location, url)
  return to === null || to.origin !== new URL(url).origin ? location : to.pathname + to.search + to.hash
}
