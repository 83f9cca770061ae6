// The options of a waiting room: who waits in it, who goes by it, and how fast it is called.

import { group, optional, option } from '../shape.ts'
import { choice, count, flag, listOf, text } from '../kinds/scalar.ts'
import { duration } from '../kinds/unit.ts'
import { countOrAuto, moment, paceOrAuto } from '../kinds/moment.ts'
import { network } from '../kinds/network.ts'
import { fileText } from '../kinds/secret.ts'

/** In cookies, paths and rules. */
const ROOM_NAME = /^(?!none$)[a-z0-9]([a-z0-9-]*[a-z0-9])?$/

/** As a rule names it. */
export const roomOrNone = () =>
  text(
    'name of a waiting room',
    'the name of a waiting room of the site, or none',
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
    32,
  )

const roomName = () => text('name', 'a name of lower-case letters, digits and dashes', ROOM_NAME, 32)

export const waitingRoom = group(
  'A waiting room: when more visitors come than the origin bears, they wait their turn in the order in which they came. A room that no rule names is for the whole site; one that rules name (`waitingRoom: NAME`) is for what those match.',
  {
    name: option(roomName(), {
      default: 'main',
      prose: 'What the room is called in rules, cookies, logs and commands.',
      example: 'checkout',
    }),
    gate: option(choice(['misses', 'all']), {
      default: 'misses',
      prose:
        'What needs a session: `misses` lets everybody have what is stored, and whoever needs the origin waits; with `all` every request does.',
      example: 'all',
    }),
    // Core's map of sessions takes about 100 bytes each.
    sessions: option(countOrAuto(1, 1_000_000), {
      default: 'auto',
      prose:
        'Visitors let in at once. `auto` lets in as many as the origin shows itself to bear: while it has free places, and not faster than its measured throughput divided by the requests that a session makes.',
      example: '500',
    }),
    rate: option(paceOrAuto('1/h', '10000/s'), {
      default: 'auto',
      prose:
        'Visitors let in over time, at most. `auto` sets no bound of its own where `sessions` is a number, and follows the origin where that is `auto` too.',
      example: '300/min',
    }),
    idle: option(duration('10s', '1d'), {
      default: '5 min',
      prose: 'How long a session lasts without a request. Each request renews it.',
      example: '2 min',
    }),
    longest: option(duration('1 min', '7d'), {
      default: '2h',
      prose: 'How long a session lasts at most, however busy it is.',
      example: '30 min',
    }),
    // The board has a mark for each of 2^20 tickets (board/rooms.ts).
    length: option(count(1, 1_000_000), {
      default: 1_000_000,
      prose: 'Visitors who may wait at once; one more is answered 503 without a place.',
      example: '50000',
    }),
    soft: option(flag(), {
      default: false,
      prose: 'Answers those who wait 200 in place of 503, for apps and players that give up at an error.',
      example: 'true',
    }),
    opens: optional(moment(), {
      prose:
        'When it opens. Before, nobody is let in; those who are there in the last `gather` before it take part in a draw, and who comes later stands behind them.',
      example: '2027-05-01T10:00:00+02:00',
      none: 'always open',
    }),
    gather: option(duration('0s', '1d'), {
      default: '30 min',
      prose: 'How long before the opening visitors get tickets for the draw. Before that they see the countdown alone.',
      example: '1h',
    }),
    bypass: group('Who goes by the room, besides whom rules send by with `waitingRoom: none`.', {
      networks: option(listOf(network(), 1000), {
        default: [],
        prose: 'Networks whose requests never wait: health checks, the office, partners.',
        example: '[192.0.2.0/24]',
      }),
      crawlers: option(
        listOf(text('domain', 'a domain such as googlebot.com', /^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 253), 64),
        {
          default: [],
          prose:
            'Domains of crawlers that never wait. One that says it is a crawler is believed when the name of its address (reverse DNS) lies in one of them and leads back to that address.',
          example: '[googlebot.com, google.com, search.msn.com]',
        },
      ),
    }),
    invited: option(flag(), {
      default: false,
      prose: 'Whether only those who have an invitation may wait. `breakwater waiting-room invite` makes the codes.',
      example: 'true',
    }),
    template: optional(fileText(), {
      prose:
        'A file of HTML in which the room is shown, in place of the page of its own: `{{room}}` stands where the place and the estimate go, `{{title}}` and `{{language}}` for the words.',
      example: './waiting.html',
    }),
    words: optional(fileText(), {
      prose:
        'A file of JSON with words in place of those of its own, by language: `{ "en": { "heading": "…" } }`. English, German, French, Spanish and Dutch are there already.',
      example: './waiting-words.json',
    }),
  },
)
