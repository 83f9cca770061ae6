// What a page's forms ask of their fields, in HTML's own words (HTML standard, section 4.10.21): what a browser would check before it
// sends them. What it cannot know, such as what a script does with the form, it does not ask.

import { Parser } from 'htmlparser2'

/** What a field must be. Lengths in characters; a pattern is for the whole value. */
export interface Control {
  readonly name: string
  readonly type: 'text' | 'email' | 'number' | 'date' | 'file'
  readonly required: boolean
  readonly minLength: number
  readonly maxLength: number
  readonly pattern: string
}

export interface AskingForm {
  /** Path that it is posted to. */
  readonly path: string
  readonly controls: readonly Control[]
}

const MOST_FORMS = 100
const MOST_CONTROLS = 200
const MOST_PATTERN = 200
/** Without a length of its own a field may have as much as this; files have no length in HTML. */
const LONGEST = 10_000
const LONGEST_FILE = 1024 * 1024 * 1024

const TYPES: Readonly<Record<string, Control['type']>> = {
  email: 'email',
  number: 'number',
  date: 'date',
  file: 'file',
}
const WITHOUT_VALUE = new Set(['submit', 'button', 'reset', 'image'])
/** Of others, lengths and patterns are not looked at (HTML standard, section 4.10.5.1). */
const TYPED = new Set(['text', 'search', 'url', 'tel', 'email', 'password'])
/** A group that is repeated may take a time that doubles with each character; what is found again may, too. */
const SLOW = /\)[*+{]|\\[1-9k]/
/** Each further repetition without an end may take as many times longer as there are characters. */
const ENDLESS = /[*+]|\{\d*,\}/g
const MOST_ENDLESS = 3
/** So many characters are looked through at once even with three of them. */
const SHORT = 500

/** The forms of the page at `page` that are posted to `host`. */
export function readControls(html: string, host: string, page: string): AskingForm[] {
  const reader = new ControlReader(`http://${host}`, page)
  const parser = new Parser({
    onopentag: (tag, attributes) => reader.open(tag, attributes),
    onclosetag: tag => reader.close(tag),
  })
  parser.end(html)
  reader.close('form')
  return reader.forms
}

type Attributes = Readonly<Record<string, string>>

class ControlReader {
  readonly forms: AskingForm[] = []
  readonly #base: string
  readonly #page: string
  #path: string | undefined
  #controls = new Map<string, Control>()
  #isChecked = true

  constructor(base: string, page: string) {
    this.#base = base
    this.#page = page
  }

  open(tag: string, attributes: Attributes): void {
    if (tag === 'form') return this.#openForm(attributes)
    if (this.#path === undefined || attributes['form'] !== undefined) return
    // A button that sends the form unchecked, or elsewhere, makes of what is asked a wish.
    if ('formnovalidate' in attributes || 'formaction' in attributes) this.#isChecked = false
    if (tag !== 'input' && tag !== 'textarea' && tag !== 'select') return
    const control = controlOf(tag, attributes)
    if (control === undefined || this.#controls.size >= MOST_CONTROLS) return
    const known = this.#controls.get(control.name)
    // One of several of the same name is enough, and each may be of its own kind.
    this.#controls.set(control.name, known === undefined ? control : either(known, control))
  }

  close(tag: string): void {
    if (tag !== 'form') return
    const controls = [...this.#controls.values()]
    if (this.#path !== undefined && this.#isChecked && controls.length > 0 && this.forms.length < MOST_FORMS)
      this.forms.push({ path: this.#path, controls })
    this.#path = undefined
  }

  #openForm(attributes: Attributes): void {
    this.close('form')
    this.#controls = new Map()
    this.#isChecked = !('novalidate' in attributes)
    if (attributes['method']?.toLowerCase() !== 'post') return
    const url = URL.parse((attributes['action'] ?? '').trim() || this.#page, this.#base + this.#page)
    this.#path = url !== null && `http://${url.host}` === new URL(this.#base).origin ? url.pathname : undefined
  }
}

function controlOf(tag: string, attributes: Attributes): Control | undefined {
  const name = utf8(attributes['name'] ?? '')
  const kind = tag === 'input' ? (attributes['type'] ?? 'text').toLowerCase() : tag
  if (name === '' || 'disabled' in attributes || WITHOUT_VALUE.has(kind) || kind === 'hidden') return undefined
  const isRead = 'readonly' in attributes
  const isTyped = !isRead && (TYPED.has(kind) || kind === 'textarea' || (tag === 'input' && !KNOWN.has(kind)))
  const type = 'multiple' in attributes && kind === 'email' ? 'text' : (TYPES[kind] ?? 'text')
  const pattern = isTyped && kind !== 'textarea' && !('multiple' in attributes) ? utf8(attributes['pattern'] ?? '') : ''
  const maxLength = isTyped ? lengthOf(attributes['maxlength'], LONGEST) : kind === 'file' ? LONGEST_FILE : LONGEST
  return {
    ...{ name, type, required: 'required' in attributes && !isRead, maxLength },
    minLength: isTyped ? Math.min(maxLength, lengthOf(attributes['minlength'], 0)) : 0,
    pattern: isUsable(pattern, maxLength) ? pattern : '',
  }
}

/** Types of input that are no text; one that is not known is (HTML standard, section 4.10.5). */
const KNOWN = new Set([
  ...['hidden', 'number', 'date', 'month', 'week', 'time', 'datetime-local', 'range', 'color'],
  ...['checkbox', 'radio', 'file', 'submit', 'image', 'reset', 'button'],
])

/** What both allow. */
function either(one: Control, other: Control): Control {
  const isSame = one.type === other.type
  return {
    name: one.name,
    type: isSame ? one.type : 'text',
    required: one.required || other.required,
    minLength: Math.min(one.minLength, other.minLength),
    maxLength: Math.max(one.maxLength, other.maxLength),
    pattern: one.pattern === other.pattern ? one.pattern : '',
  }
}

function lengthOf(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : otherwise
}

/** Whether an expression from a page may be tried on whatever a visitor sends. */
function isUsable(pattern: string, maxLength: number): boolean {
  const endless = pattern.match(ENDLESS)?.length ?? 0
  if (pattern === '' || pattern.length > MOST_PATTERN || SLOW.test(pattern) || endless > MOST_ENDLESS) return false
  if (endless > 1 && maxLength > SHORT) return false
  try {
    return new RegExp(`^(?:${pattern})$`, 'v') instanceof RegExp
  } catch {
    return false
  }
}

/** The page is text with one character a byte. */
const utf8 = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8')
