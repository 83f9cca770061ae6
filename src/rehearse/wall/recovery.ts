// Whether a site that was pushed is itself again: single requests, one after the other, until three in a row are as quick
// as they were before.
import { get } from 'node:http'
import { get as getSecurely } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

const PAUSE_MS = 100
/** After one that failed the pause is a tenth of the time waited, and no longer than this: a site that works on what it has is not held up by being asked. */
const LONGEST_PAUSE_MS = 3000
const NEEDED = 3

/** Twice as slow as before, or this much slower in ms, is as quick: nobody feels it. */
const SLACK_MS = 50

/** Seconds between two words of a wait. */
const TOLD_EVERY = 5

/** How long an answer is waited for that tells what is usual. */
const LONGEST_MS = 10_000

/** Milliseconds that the page takes where nothing else is asked of the site: the longest of a few, since pages differ from time to time. */
export async function usualMs(url: string, signal: AbortSignal): Promise<number> {
  let longest = 0
  for (let asked = 0; asked < NEEDED && !signal.aborted; asked++) {
    const started = performance.now()
    if (await ask(url, LONGEST_MS, signal)) longest = Math.max(longest, performance.now() - started)
  }
  return longest
}

/** Seconds until the site was itself again, or undefined when it was not within `most`. `usual`: ms that the page takes. */
export async function recovered(
  url: string,
  usual: number,
  most: number,
  signal: AbortSignal,
  onWait: (seconds: number) => void,
): Promise<number | undefined> {
  const started = performance.now()
  let toldUntil = 0
  const quick = Math.ceil(Math.max(2 * usual, usual + SLACK_MS))
  let inRow = 0
  let since = started
  while (performance.now() - started < most * 1000 && !signal.aborted) {
    const asked = performance.now()
    const good = await ask(url, quick, signal)
    if (good && inRow++ === 0) since = asked
    if (!good) inRow = 0
    if (inRow === NEEDED) return (since - started) / 1000
    const waitedMs = performance.now() - started
    const waited = Math.floor(waitedMs / 1000)
    if (waited >= toldUntil + TOLD_EVERY) onWait((toldUntil = waited))
    const pause = good ? PAUSE_MS : Math.min(LONGEST_PAUSE_MS, Math.max(PAUSE_MS, waitedMs / 10))
    await sleep(pause, undefined, { signal }).catch(() => {})
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
