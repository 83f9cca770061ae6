// What a browser knows of a page's forms: their fields with the values they come with, hidden ones and tokens included.
// htmlparser2 reads HTML as browsers mostly do and streams, which costs whoever reads many pages the least CPU.
import { Parser } from 'htmlparser2'
import { isTokenMeta } from './tokens.ts'

export interface Form {
  /** As written; empty for the page's own address. */
  action: string
  method: 'GET' | 'POST'
  id: string
  name: string
  /** What would be sent if nothing were typed. */
  fields: Map<string, string>
}

export interface Page {
  forms: Form[]
  /** The content of <meta name="csrf-token">, which scripts send as X-CSRF-Token. */
  token: string | undefined
}

/** Forms and fields beyond these are not looked at. */
const MOST_FORMS = 100
const MOST_FIELDS = 1000

/** Types whose value is not sent unless they are used. */
const UNSENT = new Set(['submit', 'button', 'reset', 'image', 'file'])

export function readPage(html: string): Page {
  const reader = new PageReader()
  const parser = new Parser({
    onopentag: (name, attributes) => reader.open(name, attributes),
    ontext: text => reader.text(text),
    onclosetag: name => reader.close(name),
  })
  parser.end(html)
  return reader.page
}

type Attributes = Record<string, string>

class PageReader {
  readonly page: Page = { forms: [], token: undefined }
  #form: Form | undefined
  #select: string | undefined
  #textarea: string | undefined

  open(tag: string, attributes: Attributes): void {
    if (tag === 'form') this.#openForm(attributes)
    else if (tag === 'input') this.#input(attributes)
    else if (tag === 'select') this.#select = attributes['name'] ?? ''
    else if (tag === 'option') this.#option(attributes)
    else if (tag === 'textarea') this.#put((this.#textarea = attributes['name'] ?? ''), '')
    else if (tag === 'meta' && isTokenMeta(attributes['name'] ?? '')) this.page.token ??= attributes['content']
  }

  text(text: string): void {
    const name = this.#textarea
    if (name === undefined) return
    this.#put(name, (this.#form?.fields.get(name) ?? '') + text)
  }

  close(tag: string): void {
    if (tag === 'form') this.#form = undefined
    if (tag === 'select') this.#select = undefined
    if (tag === 'textarea') this.#textarea = undefined
  }

  #openForm(attributes: Attributes): void {
    if (this.page.forms.length >= MOST_FORMS) return
    this.#form = {
      action: attributes['action'] ?? '',
      method: attributes['method']?.toLowerCase() === 'post' ? 'POST' : 'GET',
      id: attributes['id'] ?? '',
      name: attributes['name'] ?? '',
      fields: new Map(),
    }
    this.page.forms.push(this.#form)
  }

  #input(attributes: Attributes): void {
    const type = (attributes['type'] ?? 'text').toLowerCase()
    const ticked = (type !== 'checkbox' && type !== 'radio') || 'checked' in attributes
    if (UNSENT.has(type) || !ticked || 'disabled' in attributes) return
    this.#put(attributes['name'] ?? '', attributes['value'] ?? (type === 'checkbox' || type === 'radio' ? 'on' : ''))
  }

  /** The first option, until one is marked as chosen. */
  #option(attributes: Attributes): void {
    const name = this.#select
    if (name === undefined || this.#form === undefined) return
    if ('selected' in attributes || !this.#form.fields.has(name)) this.#put(name, attributes['value'] ?? '')
  }

  #put(name: string, value: string): void {
    const fields = this.#form?.fields
    if (name !== '' && fields !== undefined && (fields.has(name) || fields.size < MOST_FIELDS)) fields.set(name, value)
  }
}

/** The form whose id, name or action has `wanted` in it; without a wish the first that posts, or the first at all. */
export function formOf(page: Page, wanted: string | undefined): Form | undefined {
  if (wanted !== undefined)
    return page.forms.find(form => [form.id, form.name, form.action].some(text => text.includes(wanted)))
  return page.forms.find(form => form.method === 'POST') ?? page.forms[0]
}
