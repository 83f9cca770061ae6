// The options of a rule for the biggest hour: what may be stored then that is not storable on an ordinary day.

import { group, optional } from '../shape.ts'
import { duration } from '../kinds/unit.ts'
import { namePattern } from '../kinds/http.ts'
import { selectorText } from '../kinds/html.ts'
import { choice, flag, listOf } from '../kinds/scalar.ts'

/** Who is answered with the copy for everyone. */
const SEEN_BY = ['strangers', 'everyone'] as const
export type SeenBy = (typeof SEEN_BY)[number]

export const spike = group('What holds in every mode but `normal` alone.', {
  cache: group(
    'A copy of pages that could not be stored otherwise: with cookies, `private`, `no-store`, or nothing said. The origin is asked for it without any field of any visitor, so it holds what a stranger gets.',
    {
      anonymous: optional(flag(), {
        prose:
          'When true, there is such a copy, and visitors get it. There is none for paths and parameters that look like login, checkout, an account or a token, for other methods than GET, for responses that vary by more than cookies, for parts (206), and where `bypass` is true. Set-Cookie is left out of it.',
        example: 'true',
      }),
      for: optional(duration('1s', '1h'), {
        prose:
          'How long the copy is fresh: 10s without it, longer where the response calls itself everyone’s for longer. For as long again it is served while a new one is fetched (`staleWhileRevalidate` says otherwise), or while the origin fails (`staleIfError`). A form post does not end it.',
        example: '10s',
      }),
      proof: optional(flag(), {
        prose:
          'True without it: at its first fetch, and every ten minutes after, a page is fetched twice, and served from the copy only while both are the same but for tokens in forms, comments and the nonces of scripts. A page that calls itself everyone’s for a time needs no proof. With `false` nothing is compared: for pages that are another thing at each fetch, and may be anyone’s.',
        example: 'false',
      }),
      tokens: optional(listOf(namePattern(), 64), {
        prose:
          'Hidden fields of forms that hold a token for one visitor, beside those that frameworks name so and those that differ between two fetches.',
        example: '[form_ticket]',
      }),
      omit: optional(listOf(selectorText(), 64), {
        prose:
          'Parts left out of the copy, as CSS selectors: elements, `#id`, `.class`, `[attribute=value]`, what is inside (`a b`) or right inside (`a > b`) another. What costs the origin a call, or is another thing each time.',
        example: '["#chat", ".related-items", "iframe[src*=ads]"]',
      }),
      seenBy: optional(choice(SEEN_BY), {
        prose:
          'Who gets it: `strangers`, those without any cookie that may be a session (`ignoredCookies` names those that are none), or `everyone`. `strangers` without it. A request with Authorization never gets it.',
        example: 'everyone',
      }),
    },
  ),
})
