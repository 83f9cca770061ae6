// The static files, read once at the start: style, script and pictures, each with both validators.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { Answer } from './routes.ts'

const FOLDER = join(import.meta.dirname, 'static')
const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Every static file's answer by its path. */
export function readAssets(): Map<string, Answer> {
  return new Map(readdirSync(FOLDER).map(name => [`/static/${name}`, asset(name)]))
}

function asset(name: string): Answer {
  const path = join(FOLDER, name)
  const body = readFileSync(path)
  const headers = {
    'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream',
    'Cache-Control': 'public, max-age=3600',
    'Last-Modified': statSync(path).mtime.toUTCString(),
    ETag: entityTag(body),
  }
  return { status: 200, headers, body }
}

/** A strong entity tag: the bytes' own hash. */
export function entityTag(body: string | Buffer): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
}
