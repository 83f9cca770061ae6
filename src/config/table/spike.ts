// The options of a rule for the biggest hour: what may be stored then that is not storable on an ordinary day.

import { group, optional } from '../shape.ts'
import { fileText } from '../kinds/secret.ts'
import { duration } from '../kinds/unit.ts'
import { namePattern } from '../kinds/http.ts'
import { selectorText } from '../kinds/html.ts'
import { choice, count, flag, listOf, text } from '../kinds/scalar.ts'

/** Who is answered with the copy for everyone. */
const SEEN_BY = ['strangers', 'everyone'] as const
export type SeenBy = (typeof SEEN_BY)[number]

const stub = group(
  'A fixed answer in the place of what the origin would work out: for a call of a script that the page can do without.',
  {
    body: optional(text('text', 'the body of the answer, up to 64 KiB', /^[^]*$/, 64 * 1024), {
      prose: 'What is answered. An empty text answers with nothing in it.',
      example: '\'{"items":[]}\'',
    }),
    file: optional(fileText(), {
      prose: 'A file with what is answered, where it is longer than one likes to write here. `body` goes before it.',
      example: 'stubs/related.json',
    }),
    type: optional(
      text('media type', 'a media type such as application/json', /^[\w.+-]+\/[\w.+-]+(; ?[\w-]+=[\w."-]+)*$/, 128),
      {
        prose: 'Its Content-Type. Without it: `application/json` where the text is JSON, else `text/plain`.',
        example: 'text/html; charset=utf-8',
      },
    ),
    status: optional(count(200, 599), { prose: 'The status code: 200 without it.', example: '204' }),
  },
)

export const spike = group('What holds in every mode but `normal` alone.', {
  stub,
  funnel: optional(text('path', 'a path such as /tickets, or none', /^(?:none|\/[!-~]*)$/, 1024), {
    prose:
      'The one path that every page leads to: whoever asks for another page that the rule matches is sent there (302). Style sheets, scripts, images, calls of scripts and posts go their own way. `none` lifts what an earlier rule says.',
    example: '/tickets',
  }),
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
      offload: optional(
        text('URL', 'an http or https URL, or none', /^(?:none|https?:\/\/[\w.:[\]-]+(?:\/[!-~]*)?)$/, 1024),
        {
          prose:
            'The address of a content delivery network that fetches from this site: scripts, style sheets and images of the copy are loaded from there, with a digest of the bytes that the origin serves (Subresource Integrity). Only what the network has been seen to serve byte for byte as the origin does, and with `Access-Control-Allow-Origin`, is led there, and nothing on a page whose Content-Security-Policy does not name it. `none` lifts what an earlier rule says.',
          example: 'https://cdn.example.net',
        },
      ),
      seenBy: optional(choice(SEEN_BY), {
        prose:
          'Who gets it: `strangers`, those without any cookie that may be a session (`ignoredCookies` names those that are none), or `everyone`. `strangers` without it. A request with Authorization never gets it.',
        example: 'everyone',
      }),
    },
  ),
})
