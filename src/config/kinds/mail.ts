// Where mail goes through, and to whom: the URL of a mail server, and an address.

import { Refusal, show } from '../kind.ts'
import type { Kind } from '../kind.ts'
import { text } from './scalar.ts'

/** Credentials would stand in the config for everyone to read. */
export function mailServer(): Kind<string, string> {
  return {
    name: 'URL of a mail server',
    expected: '`smtp://HOST:PORT` or `smtps://HOST:PORT`',
    schema: { type: 'string', pattern: '^smtps?://' },
    read: given => {
      if (typeof given !== 'string') return new Refusal('wrong-type', `${show(given)} is not a URL`)
      const url = URL.parse(given)
      const isPlain = url !== null && /^\/?$/.test(url.pathname) && url.username === '' && url.password === ''
      return isPlain && /^smtps?:$/.test(url.protocol) && url.hostname !== ''
        ? url.href
        : new Refusal('bad-value', `${show(given)} is not the URL of a mail server, without credentials and path`)
    },
  }
}

/** An address alone, without a name: the local part may have 64 characters (RFC 5321 section 4.5.3.1). */
export const mailAddress = (): Kind<string, string> =>
  text(
    'mail address',
    'a mail address such as ops@example.net',
    /^[^\s@<>,;:"()[\]\\]{1,64}@[^\s@<>,;:"()[\]\\]+$/,
    254,
  )
