// RFC 9111 section 3.5: responses to requests with Authorization.

import { A_WHILE, fetched, first, later, stored, story } from './story.ts'
import type { Story } from './story.ts'

const WITH = { fields: ['Authorization: Basic Zm9vOmJhcg=='] }
const ASKED = { asked: { fields: ['Authorization: Basic Zm9vOmJhcg=='] } }

const opened = (directive: string): Story =>
  story(
    `${directive} lets the response be used for others`,
    { ...first([`Cache-Control: ${directive}`], WITH), ...ASKED },
    later(stored()),
  )

export const authorization: Story[] = [
  story(
    'a response to a request with Authorization is not used for others, however fresh',
    { ...first(['Expires: {+86400}'], WITH), ...ASKED },
    later(fetched()),
  ),
  story('nor for the same user', first(['Cache-Control: max-age=3600'], WITH), fetched(WITH)),
  opened('max-age=3600, public'),
  opened('max-age=3600, must-revalidate'),
  opened('s-maxage=3600'),
  story('s-maxage that cannot be read opens nothing', first(['Cache-Control: max-age=3600, s-maxage=x'], WITH), {
    ...fetched(),
    after: A_WHILE,
  }),
  story(
    'what was stored without Authorization answers a request with it',
    first(['Cache-Control: max-age=3600']),
    stored(WITH),
  ),
]
