// What is the same for everyone, whoever has fetched it: what a visitor who sees pages of their own may be given from the store.

import { isPlain, seconds } from '../../http/cachecontrol.ts'
import { first } from '../../http/fields.ts'
import type { Fields } from '../../http/fields.ts'
import { responsePolicy } from '../../http/targeted.ts'

/** Parts of pages that no server makes for one visitor. Never HTML, nor JSON, in which pages are sent too. */
const PARTS =
  /^(text\/css|(text|application)\/(x-)?(java|ecma)script|(image|font|audio|video)\/.*|application\/(x-)?font-.*|application\/wasm)$/

/** True where the origin says so in so many words, or the response is such a part. */
export function isForEveryone(response: Fields): boolean {
  const { control } = responsePolicy(response)
  if (isPlain(control, 'public') || typeof seconds(control, 's-maxage') === 'number') return true
  const type = first(response, 'content-type') ?? ''
  return PARTS.test(type.split(';', 1)[0]!.trim().toLowerCase())
}
