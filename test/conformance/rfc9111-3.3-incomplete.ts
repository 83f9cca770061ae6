// RFC 9111 sections 3.3 and 3.4: responses that are not whole, and parts of responses.

import { fetched, first, stored, story } from './story.ts'
import type { Story } from './story.ts'

const FRESH = 'Cache-Control: max-age=3600'
const TEN = '0123456789'

const part = (range: string) => ({ status: 206, fields: [FRESH, `Content-Range: bytes ${range}/10`] })

export const incomplete: Story[] = [
  story(
    'what broke off is not stored',
    { ...first({ fields: [FRESH], body: 'half', breaksOff: 'in the body' }), from: 'nobody' },
    fetched([], { answer: { fields: [FRESH], body: 'whole' }, text: 'whole' }),
    stored([], { text: 'whole' }),
  ),
  story(
    'a part is passed on as it came, and answers no request for the whole',
    {
      ...first({ ...part('0-4'), body: '01234' }, ['Range: bytes=0-4']),
      status: 206,
      text: '01234',
      asked: { fields: ['Range: bytes=0-4'] },
    },
    fetched([], { answer: { fields: [FRESH], body: TEN }, text: TEN }),
  ),
  story(
    'a part answers no request for another part',
    first({ ...part('0-4'), body: '01234' }, ['Range: bytes=0-4']),
    fetched(['Range: bytes=5-9'], { answer: { ...part('5-9'), body: '56789' }, text: '56789' }),
  ),
  story(
    'a part that nobody asked for is not stored',
    { ...first({ ...part('0-4'), body: '01234' }), status: 206 },
    fetched([], { answer: { fields: [FRESH], body: TEN } }),
  ),
  story(
    'the whole in answer to a Range is stored',
    first({ fields: [FRESH], body: TEN }, ['Range: bytes=0-4']),
    fetched([], { answer: { fields: [FRESH], body: TEN } }),
    stored([], { text: TEN }),
  ),
  story(
    'a part from a complete stored response has the stored fields',
    first({ fields: [FRESH, 'A: 1'], body: TEN }),
    stored(['Range: bytes=0-1'], {
      status: 206,
      text: '01',
      sees: ['A: 1', 'Content-Range: bytes 0-1/10'],
    }),
  ),
]
