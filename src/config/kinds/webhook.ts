// An http or https URL to post to. Credentials would stand in the config for everyone to read.

import { Refusal, show } from '../kind.ts'
import type { Kind } from '../kind.ts'

export function webhook(): Kind<string, string> {
  return {
    name: 'URL',
    expected: 'an http or https URL',
    schema: { type: 'string', pattern: '^https?://' },
    read: given => {
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not a URL`)
      const url = URL.parse(given)
      return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
        ? url.href
        : new Refusal('bad-value', `${show(given)} is not an http or https URL without credentials`)
    },
  }
}
