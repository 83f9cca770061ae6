// One visitor on their journey: what they ask for next, and whether what came is what a person would have wanted to see.
// No socket and no clock in here; the crowd sends what this says when this says it.
import { exponential, type Random } from '../../base/random.ts'
import type { Ask } from '../request.ts'
import type { ResponseReader } from '../response.ts'
import { type Journey, readsPages, type Step } from './journey.ts'
import { formOf, readPage } from '../../html/forms.ts'

/** A request, and how long the visitor looks at the page before. */
export interface Wish {
  waitMs: number
  ask: Ask
}

/** What an answer came to: nothing for good; where it leads; or why the view is lost, in a word and in a sentence. */
export interface Verdict {
  redirect?: Ask
  loss?: 'status' | 'content'
  fault?: string
}

/** Browsers stop at 20; a site that needs more than 5 is broken for people too. */
const MOST_REDIRECTS = 5

/** Stands for any host: a journey stays on its site. */
const SITE = 'http://site.invalid'

type Asking = Exclude<Step, { kind: 'think' | 'branch' }>

export class Walk {
  readonly readsPages: boolean
  readonly #journey: Journey
  readonly #random: Random
  readonly #known: Map<string, string>
  /** What is left to do, the next step last. */
  readonly #left: Step[]
  #doing: Asking | undefined
  #path = '/'
  #html = ''
  #lastAsk: Ask = { method: 'GET', path: '/' }
  #formMissing = false
  #redirects = 0

  /** `visitor` is a text that no other visitor has. */
  constructor(journey: Journey, visitor: string, random: Random) {
    this.#journey = journey
    this.#random = random
    this.#known = new Map([['visitor', visitor]])
    this.#left = journey.steps.toReversed()
    this.readsPages = readsPages(journey.steps)
  }

  /** The next request, or undefined at the end of the journey. */
  next(): Wish | undefined {
    let waitMs = 0
    for (;;) {
      const step = this.#left.pop()
      if (step === undefined) return undefined
      if (step.kind === 'think') waitMs += this.#thinkMs(step)
      else if (step.kind === 'branch') this.#left.push(...this.#arm(step).toReversed())
      else return { waitMs, ask: this.#begin(step) }
    }
  }

  judge(response: ResponseReader): Verdict {
    const { status, location } = response.head
    const redirect =
      status >= 300 && status < 400 && location !== undefined ? this.#follow(status, location) : undefined
    if (redirect !== undefined) return { redirect }
    this.#html = this.readsPages ? response.body : ''
    const fault = this.#wrongStatus(status) ?? this.#wrongText() ?? this.#extract()
    if (fault === undefined) return {}
    const wrong = status >= 400 && this.#doing?.expect.status === undefined
    return { loss: wrong ? 'status' : 'content', fault: `${this.#journey.name}, ${this.#asked}: ${fault}` }
  }

  #begin(step: Asking): Ask {
    this.#doing = step
    this.#redirects = 0
    this.#formMissing = false
    const ask = this.#askFor(step)
    this.#path = ask.path
    this.#lastAsk = ask
    return ask
  }

  #askFor(step: Asking): Ask {
    if (step.kind === 'get') return { method: 'GET', path: this.#filled(step.path, true) }
    const page = readPage(this.#html)
    const form = step.kind === 'submit' ? formOf(page, step.form) : undefined
    const fields = new URLSearchParams([...(form?.fields ?? [])])
    for (const [name, text] of Object.entries(step.fields)) fields.set(name, this.#filled(text, false))
    if (step.kind === 'post') {
      const token = page.token === undefined || !/^[!-~]+$/.test(page.token) ? {} : { token: page.token }
      return { method: 'POST', path: this.#filled(step.path, true), form: fields.toString(), ...token }
    }
    // Where there is no form, a person would load the page again; what comes is a fault in any case.
    this.#formMissing = form === undefined
    if (form === undefined) return { method: 'GET', path: this.#path }
    const to = this.#resolve(form.action) ?? this.#path
    if (form.method === 'POST') return { method: 'POST', path: to, form: fields.toString() }
    return { method: 'GET', path: `${to.split('?', 1)[0]}?${fields.toString()}` }
  }

  #follow(status: number, location: string): Ask | undefined {
    const path = this.#resolve(location)
    if (path === undefined || ++this.#redirects > MOST_REDIRECTS) return undefined
    this.#path = path
    const same = status === 307 || status === 308
    return (this.#lastAsk = same ? { ...this.#lastAsk, path } : { method: 'GET', path })
  }

  /** A reference on this site as path and query; undefined when it leads to another. Any name of the same site counts. */
  #resolve(reference: string): string | undefined {
    const url = URL.parse(reference, `${SITE}${this.#path}`)
    const elsewhere = url === null || !/^https?:$/.test(url.protocol)
    return elsewhere ? undefined : `${url.pathname}${url.search}`
  }

  #wrongStatus(status: number): string | undefined {
    if (this.#formMissing) return 'the page before has no such form'
    const wanted = this.#doing?.expect.status
    if (wanted === undefined) return status >= 400 ? `the answer is ${status}` : undefined
    return status === wanted ? undefined : `the answer is ${status}, not ${wanted}`
  }

  #wrongText(): string | undefined {
    const { text = [], without = [] } = this.#doing?.expect ?? {}
    const missing = text.find(each => !this.#html.includes(this.#filled(each, false)))
    if (missing !== undefined) return `"${missing}" is not on the page`
    const found = without.find(each => this.#html.includes(this.#filled(each, false)))
    return found === undefined ? undefined : `"${found}" is on the page`
  }

  #extract(): string | undefined {
    for (const { name, pattern } of this.#doing?.extract ?? []) {
      const found = new RegExp(pattern, 'u').exec(this.#html)
      if (found === null) return `nothing on the page matches ${pattern}`
      this.#known.set(name, found[1] ?? found[0])
    }
    return undefined
  }

  get #asked(): string {
    return `${this.#lastAsk.method} ${this.#path}`
  }

  /** What is not known stays as it is written; `encode` for what becomes part of a path. */
  #filled(text: string, encode: boolean): string {
    if (!text.includes('{')) return text
    return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
      const value = this.#known.get(name)
      if (value === undefined) return encode ? encodeURIComponent(whole) : whole
      return encode ? encodeURIComponent(value) : value
    })
  }

  #thinkMs(step: Extract<Step, { kind: 'think' }>): number {
    if ('mean' in step) return exponential(this.#random, 1) * step.mean
    return step.from + this.#random.next() * (step.to - step.from)
  }

  #arm(step: Extract<Step, { kind: 'branch' }>): readonly Step[] {
    let at = this.#random.next()
    for (const { share, steps } of step.arms) {
      at -= share
      if (at < 0) return steps
    }
    return []
  }
}
