// The options for what is told of requests: the access log, and times for viewers who are trusted.

import { group, option, optional } from '../shape.ts'
import { network } from '../kinds/network.ts'
import { choice, listOf } from '../kinds/scalar.ts'
import { path } from '../kinds/secret.ts'
import { percent } from '../kinds/unit.ts'

export const accessLog = group('A line for each request that has ended, in a file.', {
  file: optional(path(), {
    prose:
      'The file. Lines are appended; whoever rotates it has only to rename it, and a new one is begun within a second. Without a name nothing is written.',
    example: '/var/log/breakwater/access.log',
  }),
  format: option(choice(['json', 'combined']), {
    default: 'json',
    prose: '`json` has all there is to know; `combined` is what web servers write and every analyser reads.',
    example: 'combined',
  }),
  share: option(percent('0.01%', '100%'), {
    default: '100%',
    prose:
      'The share of requests that get a line, chosen by chance. In JSON each line of a sample says what share it is of.',
    example: '1%',
  }),
})

export const serverTiming = group(
  'What took how long, in each answer (`Server-Timing`), for the tools of developers.',
  {
    trusted: option(listOf(network(), 100), {
      default: [],
      prose: 'Networks whose visitors see it. It tells of queues and of the origin, so nobody else does.',
      example: '[10.0.0.0/8]',
    }),
  },
)
