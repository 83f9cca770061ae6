// Waits until a new instance works, as probes of origins find it out: so many good answers in a row. It serves nobody meanwhile.

import { setTimeout as sleep } from 'node:timers/promises'
import type { SiteConfig } from '../config/types.ts'
import { requestStatus } from './ask.ts'

/** Waited for at once; then the step has failed, and is tried again. */
const WITHIN = 60_000
const EVERY = 500

/** Null once it does, or why it does not. */
export async function becomesHealthy(url: string, { origin: { health } }: SiteConfig): Promise<string | null> {
  const { protocol, hostname, port, host } = new URL(url)
  const isSecure = protocol === 'https:'
  const address = { hostname: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (isSecure ? 443 : 80) }
  const path = health.path ?? '/'
  const began = performance.now()
  for (let good = 0; ;) {
    const said = await requestStatus({ address, isSecure, host, path, within: health.timeout })
    const isGood = typeof said === 'number' && said < 400
    good = isGood ? good + 1 : 0
    if (good >= health.healthyAfter) return null
    const isLate = performance.now() - began > WITHIN
    if (isLate && !isGood) return `is not healthy yet: ${typeof said === 'number' ? `it answers ${said}` : said}`
    await sleep(EVERY)
  }
}
