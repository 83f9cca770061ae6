// The options of a rule for the biggest hour: what may be stored then that is not storable on an ordinary day.

import { group, optional } from '../shape.ts'
import { duration } from '../kinds/unit.ts'
import { choice, flag } from '../kinds/scalar.ts'

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
      seenBy: optional(choice(SEEN_BY), {
        prose:
          'Who gets it: `strangers`, those without any cookie that may be a session (`ignoredCookies` names those that are none), or `everyone`. `strangers` without it. A request with Authorization never gets it.',
        example: 'everyone',
      }),
    },
  ),
})
