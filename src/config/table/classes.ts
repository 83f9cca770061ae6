// The options of a class of requests: what it is, and what it may always have of the origin.

import { group, option, optional, required } from '../shape.ts'
import { network } from '../kinds/network.ts'
import { concurrency } from '../kinds/concurrency.ts'
import { choice, listOf, text } from '../kinds/scalar.ts'
import { percent } from '../kinds/unit.ts'

/** In rules and counters. */
export const className = () =>
  text('name of a class', 'a name of lower-case letters, digits and dashes', /^[a-z0-9][a-z0-9-]*$/, 32)

export const requestClass = group(
  'A class of requests with a queue of its own in front of the origins, and a share of their places that no other class takes from it. What a class does not use is lent to the others. A rule says what belongs to it (`class: NAME`): paths, hosts, the field in which a CDN tells the country; or it is for networks.',
  {
    name: required(className(), { prose: 'What it is called in rules and counters.', example: 'api' }),
    share: optional(percent('1%', '90%'), {
      prose:
        'The least share of the places at the origins that it has whenever it needs them. Without one it has an equal part of what the others leave; all that belongs to no class counts as one.',
      example: '30%',
    }),
    concurrency: option(concurrency(), {
      default: 'auto',
      prose:
        'Requests of the class in flight at most. A number holds over all origins of the site: for what is slow for a reason that you know, such as a search that has four workers. `auto` (`gradient` by another name) finds one out at each origin when the class becomes slow or fails, from its own answers alone; `aimd` does so by failures. All classes together stay within the limit of the origin.',
      example: '4',
    }),
    priority: option(choice(['first', 'usual', 'last']), {
      default: 'usual',
      prose:
        'Who goes first when several classes have their share: `first` for payments, callbacks and health checks, `last` for what can wait. Within `usual`, admitted sessions go before new visitors, and these before crawlers and prefetches.',
      example: 'first',
    }),
    networks: option(listOf(network(), 10_000), {
      default: [],
      prose: 'Networks whose requests belong to it where no rule names a class: a region, an office, a partner.',
      example: '[192.0.2.0/24, "2001:db8::/32"]',
    }),
  },
)
