// Where JSON stops being JSON. JSON.parse says what is wrong, but not always where; a person needs the place.

/** A token of RFC 8259, with the blanks before it. */
const TOKEN =
  /[ \t\r\n]*([{}[\],:]|"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy

export interface JsonFault {
  /** Characters before the place. */
  readonly offset: number
  /** What could have stood there: "a value", `, or }`. */
  readonly expected: string
}

/** What may come next; the words are for the message. */
const NEXT = {
  value: 'a value',
  first: 'a value or ]',
  key: 'a name in double quotes',
  firstKey: 'a name in double quotes, or }',
  colon: ':',
  inList: ', or ]',
  inMap: ', or }',
  end: 'the end of the file',
} as const

type State = keyof typeof NEXT

/** The first place at which the text cannot be JSON any more, or undefined when it is JSON. */
export function jsonFault(text: string): JsonFault | undefined {
  const open: ('[' | '{')[] = []
  let state: State = 'value'
  let at = 0
  for (;;) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(text)
    const offset: number = token === null ? skipBlanks(text, at) : TOKEN.lastIndex - token[1]!.length
    if (token === null && offset === text.length && state === 'end') return undefined
    const next: State | undefined = token === null ? undefined : follow(state, token[1]!, open)
    if (next === undefined) return { offset, expected: NEXT[state] }
    state = next
    at = TOKEN.lastIndex
  }
}

/** The state after the token, or undefined when the token cannot stand there. `open` holds the brackets around the place. */
function follow(state: State, token: string, open: ('[' | '{')[]): State | undefined {
  const kind = token.startsWith('"') ? 'text' : /^[{}[\],:]$/.test(token) ? token : 'other'
  if (state === 'colon') return kind === ':' ? 'value' : undefined
  if (state === 'key' || state === 'firstKey')
    return kind === 'text' ? 'colon' : kind === '}' && state === 'firstKey' ? closed(open) : undefined
  if (state === 'inList' || state === 'inMap') {
    if (kind === ',') return state === 'inList' ? 'value' : 'key'
    return kind === (state === 'inList' ? ']' : '}') ? closed(open) : undefined
  }
  if (state === 'end') return undefined
  if (kind === '[' || kind === '{') {
    open.push(kind)
    return kind === '[' ? 'first' : 'firstKey'
  }
  if (kind === ']') return state === 'first' ? closed(open) : undefined
  return kind === 'text' || kind === 'other' ? around(open) : undefined
}

function closed(open: ('[' | '{')[]): State {
  open.pop()
  return around(open)
}

const around = (open: readonly ('[' | '{')[]): State =>
  open.length === 0 ? 'end' : open.at(-1) === '[' ? 'inList' : 'inMap'

function skipBlanks(text: string, at: number): number {
  let end = at
  while (end < text.length && ' \t\r\n'.includes(text[end]!)) end++
  return end
}
