// RFC 9211: Cache-Status says what happened, behind what caches nearer to the origin have said.

import { fetched, first, later, stored, story, validated } from './story.ts'
import type { Story } from './story.ts'

const FRESH = 'Cache-Control: max-age=3600'
const says = (pattern: string) => ({ sees: [`Cache-Status: /${pattern}/`] })

export const cacheStatus: Story[] = [
  story('a miss', { ...first([FRESH]), ...says('^breakwater; fwd=uri-miss; fwd-status=200; stored') }),
  story(
    'a hit, with what is left of its lifetime',
    first([FRESH]),
    stored([], says('^breakwater; hit; ttl=3[56]\\d+; detail=fresh$')),
  ),
  story(
    'a validation',
    first(['Cache-Control: max-age=1', 'ETag: "a"']),
    later(validated([FRESH], says('^breakwater; fwd=stale; fwd-status=304; stored; detail=stale$'))),
  ),
  story('what is not stored, and why', {
    ...first(['Cache-Control: no-store']),
    ...says('^breakwater; fwd=uri-miss; fwd-status=200; stored=\\?0; detail=response-no-store'),
  }),
  story(
    'a stale hit, with a lifetime below zero',
    first(['Cache-Control: max-age=1, stale-while-revalidate=60']),
    later(stored([], { refreshes: true, ...says('^breakwater; hit; ttl=-\\d+; detail=stale-while-revalidate$') })),
  ),
  story(
    'a method',
    fetched({ method: 'POST', body: 'a' }, says('^breakwater; fwd=method; fwd-status=200; detail=method-not-stored$')),
  ),
]
