// Whether a site that was pushed is itself again: single requests, one after the other, until three in a row are as quick
// as they were before.
import { get } from 'node:http'
import { get as getSecurely } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

const PAUSE_MS = 100
const NEEDED = 3

/** Twice as slow as before, or this much slower in ms, is as quick: nobody feels it. */
const SLACK_MS = 50

/** Seconds until the site was itself again, or undefined when it was not within `most`. `usualMs`: what a request takes. */
export async function recovered(
  url: string,
  usualMs: number,
  most: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const started = performance.now()
  const quick = Math.ceil(Math.max(2 * usualMs, usualMs + SLACK_MS))
  let inRow = 0
  let since = started
  while (performance.now() - started < most * 1000 && !signal.aborted) {
    const asked = performance.now()
    const good = await ask(url, quick, signal)
    if (good && inRow++ === 0) since = asked
    if (!good) inRow = 0
    if (inRow === NEEDED) return (since - started) / 1000
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => {})
  }
  return undefined
}

/** Whether the whole answer came within `ms`, and was no error. */
function ask(url: string, ms: number, signal: AbortSignal): Promise<boolean> {
  return new Promise(resolve => {
    const options = {
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ms)]),
      rejectUnauthorized: false,
    } as const
    const request = url.startsWith('https:') ? getSecurely(url, options) : get(url, options)
    request.on('response', response => {
      response
        .resume()
        .on('end', () => resolve((response.statusCode ?? 500) < 500))
        .on('error', () => resolve(false))
    })
    request.on('error', () => resolve(false))
  })
}
