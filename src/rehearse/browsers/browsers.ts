// A few real browsers beside the crowd: they load whole pages, with styles, scripts and pictures, and tell what that felt like,
// which no generator on bare sockets can. Chromium is driven through playwright-core, which whoever wants this installs.
import { accessSync, constants } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, BrowserContext } from 'playwright-core'
import { exponential, pickerOf, type Random } from '../../base/random.ts'
import { REHEARSAL_FIELD } from '../../http/rehearsal.ts'
import type { WeightedPath } from '../job.ts'
import { USER_AGENT } from '../request.ts'
import { LOST_AFTER_MS } from '../job.ts'
import type { Target } from '../target.ts'
import type { PageLoad } from './felt.ts'

export interface BrowserOptions {
  /** 1 to MOST_BROWSERS. */
  count: number
  /** The site, such as http://127.0.0.1:8080, and where it is. */
  origin: string
  target: Target
  paths: readonly WeightedPath[]
  /** The mark by which a shield knows its own rehearsals. */
  mark: string | undefined
}

/** Each takes some 100 MiB and, while it loads, a good part of a core. */
export const MOST_BROWSERS = 8
/** Between two pages of one browser, on average. */
const PAUSE_MS = 4000
/** Page loads that are remembered: eight browsers with a page every four seconds for an hour. */
const MOST_LOADS = 7200
/** A page whose own clock says nothing of painting within this after it has loaded was not painted. */
const PAINT_WITHIN_MS = 500

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** Nothing but the page is asked for: no updates, no lists, no services of the browser's maker. */
const FLAGS = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] // prettier-ignore

export class Browsers {
  readonly loads: PageLoad[] = []
  readonly #options: BrowserOptions
  readonly #browser: Browser
  readonly #random: Random
  readonly #pick: (random: Random) => WeightedPath
  #rate: number | null = null
  #running: Promise<void>[] = []
  #closing = false
  #wake: () => void = () => {}
  readonly #closed = new Promise<void>(resolve => (this.#wake = resolve))

  /** Starts them. Rejects with a RangeError that says what is missing. */
  static async open(options: BrowserOptions, random: Random): Promise<Browsers> {
    const executablePath = browserPath()
    if (executablePath === undefined)
      throw new RangeError('--browsers needs Chromium or Chrome: install it, or name it in BREAKWATER_BROWSER')
    const { chromium } = await import('playwright-core').catch(() => {
      throw new RangeError('--browsers needs playwright-core beside breakwater: npm install playwright-core')
    })
    // Whatever a page loads from elsewhere is another's host, which has not agreed to anything.
    const only = `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${hostOf(options.origin)}`
    const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    const browser = await chromium.launch({ executablePath, args: [...FLAGS, ...sandbox, only], handleSIGINT: false, handleSIGTERM: false }) // prettier-ignore
    return new Browsers(options, browser, random)
  }

  private constructor(options: BrowserOptions, browser: Browser, random: Random) {
    this.#options = options
    this.#browser = browser
    this.#random = random
    this.#pick = pickerOf(options.paths)
  }

  /** The crowd comes: arrivals per second, null where they change from second to second. The first call begins. */
  beside(rate: number | null): void {
    this.#rate = rate
    if (this.#running.length === 0) this.#running = Array.from({ length: this.#options.count }, () => this.#visits())
  }

  /** Ends them; pages under way are not counted. */
  async close(): Promise<void> {
    this.#closing = true
    this.#wake()
    await this.#browser.close()
    await Promise.all(this.#running)
  }

  /** One browser: page after page, each as a stranger, until it is told to stop. */
  async #visits(): Promise<void> {
    while (!this.#closing && this.loads.length < MOST_LOADS) {
      const load = await this.#visit(this.#rate, this.#pick(this.#random).path)
      if (!this.#closing) this.loads.push(load)
      await Promise.race([this.#closed, sleep(exponential(this.#random, 1) * PAUSE_MS, undefined, { ref: false })])
    }
  }

  async #visit(rate: number | null, path: string): Promise<PageLoad> {
    let context: BrowserContext | undefined
    try {
      context = await this.#browser.newContext(this.#settings())
      const page = await context.newPage()
      const answer = await page.goto(this.#options.origin + path, { waitUntil: 'load', timeout: LOST_AFTER_MS })
      const { painted, loaded } = await page.evaluate(measured, PAINT_WITHIN_MS)
      const status = answer?.status() ?? 0
      const waits = answer?.headers()['breakwater-waiting'] !== undefined
      const fault = status >= 400 && !waits ? `the answer is ${status}` : null
      return { rate, path, paintedMs: painted, loadedMs: loaded, fault }
    } catch (error) {
      const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
      return { rate, path, paintedMs: null, loadedMs: null, fault: why.replace(/^page\.goto: /, '') }
    } finally {
      await context?.close().catch(() => {})
    }
  }

  #settings(): Parameters<Browser['newContext']>[0] {
    const { target, mark } = this.#options
    const marked = mark === undefined ? {} : { extraHTTPHeaders: { [REHEARSAL_FIELD]: mark } }
    return {
      userAgent: USER_AGENT,
      ignoreHTTPSErrors: target.tls?.verify === false,
      serviceWorkers: 'block',
      ...marked,
    }
  }
}

const hostOf = (origin: string): string => new URL(origin).hostname

/** The part of a page's own clock that is read; the types of Node know another. */
interface PageClock {
  getEntriesByType(type: 'navigation' | 'paint'): { name: string; startTime: number; loadEventStart: number }[]
}

/** Within the page: what its own clock says, from the navigation's start. */
async function measured(within: number): Promise<{ painted: number | null; loaded: number | null }> {
  const clock = performance as unknown as PageClock
  const painted = (): number | undefined =>
    clock.getEntriesByType('paint').find(({ name }) => name === 'first-contentful-paint')?.startTime
  for (let waited = 0; painted() === undefined && waited < within; waited += 20)
    await new Promise(resolve => setTimeout(resolve, 20))
  return { painted: painted() ?? null, loaded: clock.getEntriesByType('navigation')[0]?.loadEventStart ?? null }
}

function browserPath(): string | undefined {
  const named = process.env['BREAKWATER_BROWSER']
  return [...(named === undefined ? PLACES : [named])].find(path => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
