// The options for the public status page.

import { group, option, optional } from '../shape.ts'
import { text } from '../kinds/scalar.ts'

export const status = group(
  'The public status page: how it is now, 90 days of uptime from real traffic, incidents and planned events. It is served whatever becomes of the origin.',
  {
    title: optional(text('text', 'a title', /^[^\0\r\n]+$/, 100), {
      prose: 'Its heading. Without one it is the name of the first site.',
      example: 'Example Tickets',
    }),
    path: option(text('path', 'a path such as /status', /^\/[\w./~-]*$/, 200), {
      default: '/.breakwater/status',
      prose: 'Where it is, on every site, or on the host that is named.',
      example: '/status',
    }),
    host: optional(text('host name', 'a host name without a port', /^[a-z0-9.-]+$/, 253), {
      prose: 'The only host that serves it; it need not belong to a site.',
      example: 'status.example.org',
    }),
  },
)
