// RFC 9110 section 15.2: interim responses are passed on, and the final one is stored.

import { first, stored, story } from './story.ts'
import type { Story } from './story.ts'

const FRESH = 'Cache-Control: max-age=3600'

export const interim: Story[] = [
  story('102', { ...first({ fields: [FRESH], interim: [[102]] }), interim: [102] }, stored()),
  story(
    '103 with its links',
    {
      ...first({ fields: [FRESH], interim: [[103, 'Link: </a.css>; rel=preload', 'X-My-Header: test']] }),
      interim: [103],
    },
    stored([], { interim: [] }),
  ),
  story(
    'several',
    { ...first({ fields: [FRESH], interim: [[102], [103, 'Link: </a.css>']] }), interim: [102, 103] },
    stored(),
  ),
]
