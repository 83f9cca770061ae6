// Reads a page for what must not be the same for all who get a copy of it: tokens in its forms, and what a rule leaves out.
// The page is text with one character a byte (latin1), so that whatever is not changed keeps its bytes in any encoding that
// writes HTML's own signs as ASCII does.
import { Parser } from 'htmlparser2'
import type { Element, Selector } from './selector.ts'
import { withAttribute } from './tag.ts'
import type { Edit } from './tag.ts'
import { isTokenMeta, isTokenName } from './tokens.ts'

export interface HoleRule {
  /** Names of fields that hold a token, beside those that frameworks use. */
  isToken(name: string): boolean
  /** What is left out of the page; null: nothing. */
  readonly omit: Selector | null
}

/** A form with fields to be filled for each visitor. */
export interface HoledForm {
  /** The attributes as written; an action may be missing, which stands for the page's own address. */
  readonly action: string
  readonly id: string
  /** Names of the fields, each once. */
  readonly names: readonly string[]
  /** Its open tag. */
  readonly from: number
  readonly to: number
}

export interface Hole {
  readonly name: string
  readonly value: string
  /** Its tag, which stands there with an empty value in the copy. */
  readonly edit: Edit
  readonly kind: 'field' | 'meta'
}

export interface PageHoles {
  readonly holes: readonly Hole[]
  readonly forms: readonly HoledForm[]
  readonly omitted: readonly Edit[]
  /** Comments and nonces of scripts: they may be another each time, and nobody looks at them. */
  readonly idle: readonly Edit[]
  /** Hidden fields of forms that are posted to this site and no holes yet, in their order. */
  readonly hidden: readonly { readonly name: string; readonly value: string }[]
  /** Where a script may be put in: before the end of the body, else at the end. */
  readonly end: number
}

/** Of the open elements no more than this many are known by name; pages nest a few dozen deep. */
const DEEPEST = 1000

export function readHoles(html: string, host: string, rule: HoleRule): PageHoles {
  const reader = new HoleReader(html, host, rule)
  return reader.read()
}

interface Open extends Element {
  from: number
  isOmitted: boolean
}

class HoleReader {
  readonly #html: string
  readonly #host: string
  readonly #rule: HoleRule
  readonly #parser: Parser
  readonly #path: Open[] = []
  readonly #found = {
    holes: [] as Hole[],
    forms: [] as HoledForm[],
    omitted: [] as Edit[],
    idle: [] as Edit[],
    hidden: [] as { name: string; value: string }[],
    end: 0,
  }
  #form: { -readonly [K in keyof HoledForm]: HoledForm[K] } | undefined
  #names: string[] = []

  constructor(html: string, host: string, rule: HoleRule) {
    this.#html = html
    this.#host = host
    this.#rule = rule
    this.#found.end = html.length
    this.#parser = new Parser({
      onopentag: (tag, attributes) => this.#open(tag, attributes),
      onclosetag: (tag, isImplied) => this.#close(tag, isImplied),
      oncomment: () => this.#idle(this.#parser.startIndex, this.#parser.endIndex + 1, ''),
    })
  }

  read(): PageHoles {
    this.#parser.end(this.#html)
    this.#endForm()
    return this.#found
  }

  get #from(): number {
    return this.#parser.startIndex
  }

  get #to(): number {
    return this.#parser.endIndex + 1
  }

  #open(tag: string, attributes: Record<string, string>): void {
    const open = { tag, attributes, from: this.#from, isOmitted: false }
    if (this.#path.length < DEEPEST) this.#path.push(open)
    open.isOmitted = this.#rule.omit?.(this.#path) === true
    if (tag === 'form') this.#openForm(attributes)
    else if (tag === 'input') this.#input(attributes)
    else if (tag === 'meta' && isTokenMeta(attributes['name'] ?? '')) this.#hole('meta', attributes, 'content')
    else if (attributes['nonce'] !== undefined)
      this.#idle(this.#from, this.#to, withAttribute(this.#source(), 'nonce', ''))
  }

  #close(tag: string, isImplied: boolean): void {
    if (tag === 'form') this.#endForm()
    if (tag === 'body' && !isImplied) this.#found.end = this.#from
    const open = this.#path.at(-1)
    if (open?.tag !== tag) return
    this.#path.pop()
    // What closes it by implication stands behind it; an element without content ends with its own tag.
    const to = isImplied && this.#from > open.from ? this.#from : this.#to
    if (open.isOmitted) this.#found.omitted.push({ from: open.from, to, text: '' })
  }

  #openForm(attributes: Record<string, string>): void {
    this.#endForm()
    const action = attributes['action'] ?? ''
    if (attributes['method']?.toLowerCase() !== 'post' || !this.#isHere(action)) return
    this.#form = { action, id: attributes['id'] ?? '', names: [], from: this.#from, to: this.#to }
  }

  #endForm(): void {
    if (this.#form !== undefined && this.#names.length > 0) {
      this.#found.forms.push({ ...this.#form, names: [...new Set(this.#names)] })
    }
    this.#form = undefined
    this.#names = []
  }

  /** A token that goes to another host is none that this site could give anew. */
  #isHere(action: string): boolean {
    const url = URL.parse(action.trim(), `http://${this.#host}/`)
    return url !== null && /^https?:$/.test(url.protocol) && url.host === this.#host
  }

  #input(attributes: Record<string, string>): void {
    const name = attributes['name'] ?? ''
    if (this.#form === undefined || name === '' || attributes['form'] !== undefined) return
    if (attributes['type']?.toLowerCase() !== 'hidden') return
    if (isTokenName(name) || this.#rule.isToken(name)) {
      this.#names.push(name)
      this.#hole('field', attributes, 'value')
    } else this.#found.hidden.push({ name, value: attributes['value'] ?? '' })
  }

  #hole(kind: Hole['kind'], attributes: Record<string, string>, holding: 'value' | 'content'): void {
    const edit = { from: this.#from, to: this.#to, text: withAttribute(this.#source(), holding, '') }
    this.#found.holes.push({ kind, name: attributes['name'] ?? '', value: attributes[holding] ?? '', edit })
  }

  #idle(from: number, to: number, text: string): void {
    this.#found.idle.push({ from, to, text })
  }

  #source(): string {
    return this.#html.slice(this.#from, this.#to)
  }
}
