// RFC 9110 section 14: parts of a complete stored response.

import { first, stored, story } from './story.ts'
import type { Exchange, Line, Story } from './story.ts'

const FRESH = 'Cache-Control: max-age=3600'
const BODY = '0123456789A'
const FIELDS: Line[] = [FRESH, 'ETag: "a"', 'Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT']

const part = (range: string, text: string): Partial<Exchange> => ({
  status: 206,
  text,
  sees: [`Content-Range: bytes ${range}/11`, `Content-Length: ${text.length}`, FRESH, 'ETag: "a"'],
})
const WHOLE: Partial<Exchange> = { status: 200, text: BODY, misses: ['content-range'] }

const cut = (about: string, fields: Line[], seen: Partial<Exchange>): Story =>
  story(about, first({ fields: FIELDS, body: BODY }), stored(fields, seen))

export const ranges: Story[] = [
  cut('bytes=0-1', ['Range: bytes=0-1'], part('0-1', '01')),
  cut('bytes=1-', ['Range: bytes=1-'], part('1-10', BODY.slice(1))),
  cut('bytes=-1', ['Range: bytes=-1'], part('10-10', 'A')),
  cut('bytes=0-99', ['Range: bytes=0-99'], part('0-10', BODY)),
  cut('bytes=-99', ['Range: bytes=-99'], part('0-10', BODY)),
  cut('BYTES=0-1', ['Range: BYTES=0-1'], part('0-1', '01')),
  cut('bytes=20-30', ['Range: bytes=20-30'], { status: 416, text: '', sees: ['Content-Range: bytes */11'] }),
  cut('bytes=5-2 is no range', ['Range: bytes=5-2'], WHOLE),
  cut('another unit', ['Range: lines=0-1'], WHOLE),
  cut('several ranges may be answered with the whole', ['Range: bytes=0-1,5-6'], WHOLE),
  cut('If-Range with the same tag', ['Range: bytes=0-1', 'If-Range: "a"'], part('0-1', '01')),
  cut('If-Range with another tag', ['Range: bytes=0-1', 'If-Range: "b"'], WHOLE),
  cut('If-Range with a weak tag', ['Range: bytes=0-1', 'If-Range: W/"a"'], WHOLE),
  cut(
    'If-Range with the same date',
    ['Range: bytes=0-1', 'If-Range: Wed, 01 Jan 2020 00:00:00 GMT'],
    part('0-1', '01'),
  ),
  cut('If-Range with a later date', ['Range: bytes=0-1', 'If-Range: Thu, 02 Jan 2020 00:00:00 GMT'], WHOLE),
  cut('a precondition comes before the range', ['Range: bytes=0-1', 'If-None-Match: "a"'], { status: 304, text: '' }),
  story('a HEAD with Range is answered as without', first({ fields: FIELDS, body: BODY }), {
    ...stored({ method: 'HEAD', fields: ['Range: bytes=0-1'] }),
    status: 200,
    text: '',
  }),
]
