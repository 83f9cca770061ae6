// The origin server behind all servers of the bench. nginx with files on tmpfs where there is one, since it is cheap
// enough to feed every server's misses from the other core; otherwise a small one of our own.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, get, untilReady } from './http.ts'
import { body, CACHEABLE, paths, SIZES, TAG, UNCACHEABLE } from './pages.ts'
import { start } from './processes.ts'
import { has, located, NGINX } from './programs.ts'

/** Where an origin counts its requests. */
const COUNT_PATH = '/requests-so-far'

export interface Origin {
  readonly port: number
  /** Requests it has answered so far, this question not counted: what tells hits from misses, whatever a server says. */
  requests(): Promise<number>
  stop(): Promise<void>
}

/** Starts it on the given core, with its files below `folder`. */
export async function startOrigin(folder: string, core: number): Promise<Origin> {
  const port = await freePort()
  const server = start(has(NGINX.command) ? nginx(folder, port) : ownOrigin(port), core)
  await untilReady(server, 'the origin', port, COUNT_PATH)
  let asked = 1
  return {
    port,
    requests: async () => count((await get(port, COUNT_PATH)).body.toString()) - ++asked,
    stop: () => server.stop(),
  }
}

/** From nginx's stub_status the third of "accepts handled requests"; from our own the only number. */
function count(text: string): number {
  return Number(/(\d+)\s*(Reading|$)/.exec(text)?.[1])
}

function ownOrigin(port: number): string[] {
  return [process.execPath, fileURLToPath(new URL('./origin/main.ts', import.meta.url)), String(port), COUNT_PATH]
}

function nginx(folder: string, port: number): string[] {
  const pages = join(folder, 'pages')
  for (const path of SIZES.flatMap(size => paths(size))) {
    mkdirSync(dirname(join(pages, path)), { recursive: true })
    writeFileSync(join(pages, path), body(path))
  }
  const file = join(folder, 'origin.conf')
  writeFileSync(file, configuration(folder, pages, port))
  return [located(NGINX.command), '-c', file, '-e', join(folder, 'origin.log')]
}

const configuration = (folder: string, pages: string, port: number): string => `
daemon off; pid ${folder}/origin.pid; worker_processes 1; worker_rlimit_nofile 20000;
${process.getuid?.() === 0 ? 'user root;' : ''}
error_log ${folder}/origin.log crit;
events { worker_connections 10000; }
http {
  access_log off; sendfile off; output_buffers 1 128k; default_type text/html; types {}
  open_file_cache max=2000 inactive=1h; open_file_cache_valid 1h;
  keepalive_requests 1000000000; keepalive_timeout 1h;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { root ${pages}; add_header Cache-Control ${CACHEABLE}; }
    location /no-store/ { alias ${pages}/; add_header Cache-Control ${UNCACHEABLE}; }
    location /tagged/ { alias ${pages}/; add_header Cache-Control ${CACHEABLE}; add_header Cache-Tag ${TAG}; }
    location = ${COUNT_PATH} { stub_status; }
  }
}
`
