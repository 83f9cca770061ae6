// The response reader on good and bad bytes, cut at every place.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Progress, ResponseReader } from '../../src/rehearse/response.ts'

const GOOD: Record<string, string> = {
  'a length': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'a length said twice': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nok',
  'no body at all': 'HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n',
  'not modified, with the length of what it stands for': 'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n',
  'an empty reason': 'HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n',
  'no reason': 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n',
  chunks: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0a;name=value\r\n0123456789\r\n0\r\n\r\n',
  'chunks with a trailer': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n00\r\nDigest: y\r\n\r\n',
  'early hints first': 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx',
}

for (const [what, bytes] of Object.entries(GOOD)) {
  test(`a response with ${what} ends at its last byte, wherever it is cut`, () => {
    for (let cut = 1; cut < bytes.length; cut++) {
      const { reader, progress } = read(bytes.slice(0, cut), bytes.slice(cut))
      assert.deepEqual(progress, ['more', 'done'], `cut at ${cut}`)
      assert.equal(reader.reusable, true)
    }
    const { progress } = read(...bytes.split(''))
    assert.deepEqual(progress, [...Array.from({ length: bytes.length - 1 }, () => 'more'), 'done'])
  })
}

const BAD: Record<string, string> = {
  'is no HTTP': 'SSH-2.0-x\r\n\r\n',
  'is of another version': 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n',
  'has a status of two digits': 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n',
  'has two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
  'has a list of lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na',
  'has a signed length': 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na',
  'has a length and chunks':
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
  'has a coding nobody asked for': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  'is chunked twice': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'has a folded line': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: b\r\n c\r\n\r\n',
  'has a bare LF': 'HTTP/1.1 200 OK\r\nA: b\nContent-Length: 0\r\n\r\n',
  'has a bare CR': 'HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 0\r\n\r\n',
  'has a space before a colon': 'HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n',
  'has a line without a colon': 'HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 0\r\n\r\n',
  'switches protocols unasked': 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n',
  'has a chunk without a size': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n',
  'has a chunk size that is no number': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n',
  'has a chunk size on a bare LF': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n',
  'has a chunk longer than it says': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n',
  'has a chunk size past counting': `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'f'.repeat(13)}\r\n`,
  'has a head without end': `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(12_000)}`,
}

for (const [what, bytes] of Object.entries(BAD)) {
  test(`a response that ${what} is malformed, wherever it is cut`, () => {
    for (let cut = 1; cut < bytes.length; cut += bytes.length > 1000 ? 9999 : 1) {
      assert.equal(read(bytes.slice(0, cut), bytes.slice(cut)).progress.at(-1), 'malformed', `cut at ${cut}`)
    }
  })
}

test('without a length the body ends with the connection, which is not used again', () => {
  const { reader, progress } = read('HTTP/1.1 200 OK\r\n\r\nhello')
  assert.deepEqual(progress, ['more'])
  assert.equal(reader.end(), 'done')
  assert.equal(reader.reusable, false)
})

test('a connection that ends early cuts the response short', () => {
  for (const bytes of Object.values(GOOD)) {
    for (let cut = 0; cut < bytes.length; cut++) assert.equal(read(bytes.slice(0, cut)).reader.end(), 'cut')
  }
})

test('a connection is not used again after close, HTTP/1.0 or bytes nobody asked for', () => {
  assert.equal(reusable('HTTP/1.1 200 OK\r\nConnection: keep-alive, Close\r\nContent-Length: 0\r\n\r\n'), false)
  assert.equal(reusable('HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n'), false)
  assert.equal(reusable('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore'), false)
  assert.equal(reusable('HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n'), true)
})

test('what caches say is read: hit, miss, age', () => {
  assert.deepEqual(head('Cache-Status: Breakwater; hit; ttl=5\r\nAge: 12\r\n'), {
    status: 200,
    judged: true,
    hit: true,
    age: 12,
  })
  assert.deepEqual(head('Cache-Status: Breakwater;hit\r\n'), { status: 200, judged: true, hit: true, age: -1 })
  assert.deepEqual(head('Cache-Status: a; fwd=miss, b; hit, c; fwd=bypass\r\n').hit, true)
  assert.deepEqual(head('Cache-Status: a; fwd=stale; detail=hitting\r\n'), {
    status: 200,
    judged: true,
    hit: false,
    age: -1,
  })
  assert.deepEqual(head(''), { status: 200, judged: false, hit: false, age: -1 })
})

/** Reads the pieces one by one from a buffer that is reused, as a socket's is. */
function read(...pieces: string[]): { reader: ResponseReader; progress: Progress[] } {
  const reader = new ResponseReader()
  const buffer = Buffer.alloc(100_000)
  reader.begin()
  const progress: Progress[] = []
  for (const piece of pieces) {
    buffer.fill('~')
    progress.push(reader.read(buffer, buffer.write(piece, 'latin1')))
    if (progress.at(-1) === 'malformed') break
  }
  return { reader, progress }
}

const reusable = (bytes: string): boolean => read(bytes).reader.reusable

function head(fields: string): { status: number; judged: boolean; hit: boolean; age: number } {
  const { status, judged, hit, age } = read(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`).reader.head
  return { status, judged, hit, age }
}

test('a head that is the same as the one before is the same answer, and one that differs in a byte is another', () => {
  const reader = new ResponseReader()
  const answers = [
    'HTTP/1.1 200 OK\r\nAge: 1\r\nContent-Length: 2\r\n\r\nab',
    'HTTP/1.1 200 OK\r\nAge: 1\r\nContent-Length: 2\r\n\r\ncd',
    'HTTP/1.1 200 OK\r\nAge: 2\r\nContent-Length: 2\r\n\r\nef',
    'HTTP/1.1 503 No\r\nRetry-After: 4\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 503 No\r\nRetry-After: 4\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\ny\r\n0\r\n\r\n',
  ]
  const seen = answers.map(answer => {
    reader.begin(true)
    const bytes = Buffer.from(answer)
    assert.equal(reader.read(bytes, bytes.length), 'done')
    const { status, age, retryAfter } = reader.head
    return [status, age, retryAfter, reader.reusable, reader.body]
  })
  assert.deepEqual(seen, [
    [200, 1, -1, true, 'ab'],
    [200, 1, -1, true, 'cd'],
    [200, 2, -1, true, 'ef'],
    [503, -1, 4, true, ''],
    [503, -1, 4, true, ''],
    [200, -1, -1, true, 'x'],
    [200, -1, -1, true, 'y'],
  ])
})
