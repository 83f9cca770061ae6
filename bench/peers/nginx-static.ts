// nginx in its best case: files on tmpfs that it holds open, served as they are, with nothing to look up, to keep or to log. Over TLS it
// has the ciphers of Breakwater in Breakwater's order and tickets for sessions, a record as large as TLS allows and a page in one piece.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, untilReady } from '../http.ts'
import { CACHEABLE, UNCACHEABLE } from '../pages.ts'
import { start } from '../processes.ts'
import { H2LOAD, located, NGINX, OPENSSL } from '../programs.ts'
import { makeCertificate } from './certificate.ts'
import { READY_PATH } from './peer.ts'
import type { Peer, Server, Setup } from './peer.ts'

export const nginxStatic: Peer = {
  name: 'nginx-static',
  programs: [NGINX, H2LOAD, OPENSSL],
  start: startNginx,
  isHit: () => undefined,
}

async function startNginx(setup: Setup): Promise<Server> {
  const [port, securePort] = [await freePort(), await freePort()]
  const file = join(setup.folder, 'nginx.conf')
  mkdirSync(setup.folder, { recursive: true })
  writeFileSync(file, configuration(setup, port, securePort))
  const server = start([located(NGINX.command), '-c', file, '-e', join(setup.folder, 'error.log')], setup.core)
  const startedIn = await untilReady(server, 'nginx', port, READY_PATH)
  return { name: 'nginx-static', port, securePort, pid: server.pid, startedIn, stop: () => server.stop() }
}

/** The pages are those that the origin has written. */
function configuration({ folder, workers }: Setup, port: number, securePort: number): string {
  const { chain, key } = makeCertificate(folder)
  const pages = join(folder, '..', 'pages')
  return `
daemon off; pid ${folder}/nginx.pid; worker_processes ${workers}; worker_rlimit_nofile 20000;
${process.getuid?.() === 0 ? 'user root;' : ''}
error_log ${folder}/error.log crit;
events { worker_connections 15000; }
http {
  access_log off; sendfile off; output_buffers 1 128k; default_type text/html; types {}
  open_file_cache max=10000 inactive=1h; open_file_cache_valid 1h;
  keepalive_requests 1000000000; keepalive_timeout 1h;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    listen 127.0.0.1:${securePort} ssl http2 backlog=4096;
    ssl_certificate ${chain}; ssl_certificate_key ${key};
    ssl_protocols TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers on; ssl_buffer_size 16k;
    ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256;
    ssl_session_tickets on; http2_chunk_size 64k;
    location / { root ${pages}; add_header Cache-Control ${CACHEABLE}; }
    location /no-store/ { alias ${pages}/; add_header Cache-Control ${UNCACHEABLE}; }
  }
}
`
}
