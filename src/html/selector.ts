// CSS selectors, as far as a config needs them to name parts of a page: elements, ids, classes, attributes, descendants and
// children, and lists of those. They are matched while the page is read, so they look at what encloses an element, never at
// what follows.

export interface Element {
  readonly tag: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Whether the last of `path`, the elements from the outermost to this one, is selected. */
export type Selector = (path: readonly Element[]) => boolean

type Test = (element: Element) => boolean

interface Step {
  test: Test
  /** The step before it stands right above. */
  isChild: boolean
}

const PART =
  /\s*(?:(>)\s*)?((?:\*|[a-z][\w-]*)?(?:[#.][\w-]+|\[\s*[\w:-]+\s*(?:[~^$*|]?=\s*(?:"[^"]*"|'[^']*'|[\w-]+)\s*)?\])*)/iy
const SIMPLE = /([#.])([\w-]+)|\[\s*([\w:-]+)\s*(?:([~^$*|]?=)\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))\s*)?\]/gi

/** Reads one selector or several with commas between them; undefined where it is none that is understood here. */
export function parseSelector(text: string): Selector | undefined {
  const all = splitOutside(text).map(stepsOf)
  if (all.some(steps => steps === undefined || steps.length === 0)) return undefined
  return path => all.some(steps => matches(steps!, path, steps!.length - 1, path.length - 1))
}

/** At the commas that stand in no brackets. */
const splitOutside = (text: string): string[] => text.split(/,(?![^[]*\])/)

function stepsOf(text: string): Step[] | undefined {
  const steps: Step[] = []
  const trimmed = text.trim()
  for (PART.lastIndex = 0; PART.lastIndex < trimmed.length;) {
    const match = PART.exec(trimmed)
    if (match === null || match[2] === '' || (match[1] !== undefined && steps.length === 0)) return undefined
    steps.push({ test: testOf(match[2]!), isChild: match[1] !== undefined })
  }
  return steps
}

function testOf(compound: string): Test {
  const tag = /^[a-z][\w-]*/i.exec(compound)?.[0].toLowerCase()
  const tests: Test[] = tag === undefined ? [] : [element => element.tag === tag]
  for (const [, sign, word, name, operator, ...values] of compound.matchAll(SIMPLE)) {
    if (sign === '#') tests.push(({ attributes }) => attributes['id'] === word)
    else if (sign === '.') tests.push(({ attributes }) => wordsOf(attributes['class']).includes(word!))
    else tests.push(attributeTest(name!.toLowerCase(), operator, values.find(value => value !== undefined) ?? ''))
  }
  return element => tests.every(test => test(element))
}

const wordsOf = (text = ''): string[] => text.split(/\s+/)

function attributeTest(name: string, operator: string | undefined, wanted: string): Test {
  if (operator === undefined) return ({ attributes }) => attributes[name] !== undefined
  const compare = OPERATORS[operator]!
  return ({ attributes }) => attributes[name] !== undefined && compare(attributes[name], wanted)
}

const OPERATORS: Record<string, (value: string, wanted: string) => boolean> = {
  '=': (value, wanted) => value === wanted,
  '~=': (value, wanted) => wanted !== '' && wordsOf(value).includes(wanted),
  '^=': (value, wanted) => wanted !== '' && value.startsWith(wanted),
  '$=': (value, wanted) => wanted !== '' && value.endsWith(wanted),
  '*=': (value, wanted) => wanted !== '' && value.includes(wanted),
  '|=': (value, wanted) => value === wanted || value.startsWith(`${wanted}-`),
}

function matches(steps: readonly Step[], path: readonly Element[], step: number, at: number): boolean {
  if (at < 0 || !steps[step]!.test(path[at]!)) return false
  if (step === 0) return true
  if (steps[step]!.isChild) return matches(steps, path, step - 1, at - 1)
  for (let above = at - 1; above >= 0; above--) if (matches(steps, path, step - 1, above)) return true
  return false
}

/** All of them as one; null for none. The first that is not understood is handed back as it is. */
export function selectorFrom(texts: readonly string[]): Selector | null | string {
  const all: Selector[] = []
  for (const text of texts) {
    const selector = parseSelector(text)
    if (selector === undefined) return text
    all.push(selector)
  }
  return all.length === 0 ? null : path => all.some(selector => selector(path))
}
