// nginx at its best here: the cache on tmpfs, sendfile off and one buffer that holds a whole page (measured cheaper than
// sendfile for files of this size), open files remembered, nothing logged, one worker, kept connections to the origin.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, untilReady } from '../http.ts'
import { start } from '../processes.ts'
import { located, NGINX } from '../programs.ts'
import { READY_PATH } from './peer.ts'
import type { Peer, Server, Setup } from './peer.ts'

export const nginx: Peer = {
  name: 'nginx',
  programs: [NGINX],
  start: startNginx,
  isHit: () => undefined,
}

async function startNginx(setup: Setup): Promise<Server> {
  const port = await freePort()
  const file = join(setup.folder, 'nginx.conf')
  writeFileSync(file, configuration(setup, port))
  const server = start([located(NGINX.command), '-c', file, '-e', join(setup.folder, 'error.log')], setup.core)
  const startedIn = await untilReady(server, 'nginx', port, READY_PATH)
  return { name: 'nginx', port, pid: server.pid, startedIn, stop: () => server.stop() }
}

const configuration = ({ folder, originPort, workers, ...setup }: Setup, port: number): string => `
daemon off; pid ${folder}/nginx.pid; worker_processes ${workers}; worker_rlimit_nofile 20000;
${process.getuid?.() === 0 ? 'user root;' : ''}
error_log ${folder}/error.log crit;
events { worker_connections 15000; }
http {
  access_log off; sendfile off; output_buffers 1 128k;
  open_file_cache max=10000 inactive=1h; open_file_cache_valid 1h;
  keepalive_requests 1000000000; keepalive_timeout 1h;
  proxy_cache_path ${folder}/cache levels=1:2 keys_zone=pages:16m max_size=${setup.storeBytes} inactive=1h use_temp_path=off;
  upstream origin { server 127.0.0.1:${originPort}; keepalive 1024; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_buffer_size 16k; proxy_buffers 8 16k;
      ${setup.caching ? 'proxy_cache pages;' : ''}
    }
  }
}
`
