// What HTTPS costs: stored pages over HTTP/1.1 and HTTP/2, and full handshakes, against nginx with files, which has nothing to look up.

import { describedHandshakes, shakeHands } from '../load/handshakes.ts'
import { describedHttp2, sendHttp2 } from '../load/h2load.ts'
import type { Http2Load } from '../load/h2load.ts'
import { described } from '../load/wrk.ts'
import type { Load, Outcome } from '../load/wrk.ts'
import { get } from '../http.ts'
import { measureLoad, portFor } from '../measure.ts'
import { paths } from '../pages.ts'
import type { Server } from '../peers/peer.ts'
import type { World } from '../world.ts'
import { OTHERS, RATE, CPU, STORE } from './case.ts'
import type { Case, Metric, Subject, Variant } from './case.ts'

const SERVERS = ['breakwater', 'nginx-static']
const PAGES = paths(8)
const HTTP1: Load = { walk: { kind: 'walk', paths: PAGES, head: 'browser' }, connections: 64, threads: 1, secure: true }
const HTTP2: Http2Load = { paths: PAGES, connections: 16, streams: 32 }
const SETUP = { ...STORE, tls: true } as const
/** Both ways of the code are long enough for V8 to be done with them only after some 100,000 requests. */
const WARM_SECONDS = 4
/** A handshake goes through as much code, and there are a thousand a second. */
const WARM_HANDSHAKES_SECONDS = 10
const PER_HANDSHAKE: Metric = { ...CPU, label: 'CPU µs/handshake' }
const HANDSHAKES: Metric = { ...RATE, label: 'handshakes/s' }

export const tls: Case = {
  name: 'tls',
  title:
    "Stored pages over TLS 1.3 (AES-128-GCM on both), a browser's head: 200 URLs of 8 KiB. nginx serves them as static files.",
  servers: SERVERS,
  metrics: [CPU, RATE, OTHERS],
  rounds: 5,
  variants: () => [http1(), http2()],
}

export const handshakes: Case = {
  name: 'handshakes',
  title:
    'Full handshakes of TLS 1.3 with a certificate on P-256, one after the other, each on a connection of its own.',
  servers: [...SERVERS, 'node'],
  metrics: [PER_HANDSHAKE, HANDSHAKES, OTHERS],
  rounds: 5,
  variants: () => [
    {
      name: 'full',
      setup: SETUP,
      fresh: false,
      load: describedHandshakes,
      prepare: async (subject, world) =>
        void (await shake(subject.server, { ...world, seconds: WARM_HANDSHAKES_SECONDS })),
      // No page is asked for.
      measure: (subject, world) =>
        measureLoad(subject, world, { load: shake, pageBytes: 0, samples: [], originShare: 0 }),
    },
  ],
}

function http1(): Variant {
  return {
    name: 'HTTP/1.1',
    setup: SETUP,
    fresh: false,
    load: seconds => described(HTTP1, seconds),
    prepare: async (subject, world) => {
      await fill(subject)
      await measured(HTTP1, subject, { ...world, seconds: WARM_SECONDS })
    },
    measure: (subject, world) => measured(HTTP1, subject, world),
  }
}

function http2(): Variant {
  return {
    name: 'HTTP/2',
    setup: SETUP,
    fresh: false,
    load: seconds => describedHttp2(HTTP2, seconds),
    prepare: async (subject, world) => {
      await fill(subject)
      await ask(subject.server, { ...world, seconds: WARM_SECONDS })
    },
    measure: (subject, world) => measured(ask, subject, world),
  }
}

/** Every page is asked for once, so that it is stored under this scheme. */
async function fill({ server }: Subject): Promise<void> {
  for (const path of PAGES) await get(portFor(server, true), path, true)
}

const measured = (load: Load | typeof ask, subject: Subject, world: World) =>
  measureLoad(subject, world, { load, secure: true, pageBytes: 8192, samples: PAGES.slice(0, 3), originShare: 0 })

const ask = (server: Server, world: World): Promise<Outcome> =>
  sendHttp2(HTTP2, portFor(server, true), world.seconds, world.cores.load, world.folder)

const shake = (server: Server, world: World): Promise<Outcome> =>
  shakeHands(portFor(server, true), world.seconds, world.cores.load)
