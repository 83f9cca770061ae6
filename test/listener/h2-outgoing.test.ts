// What nghttp2 sends: it leaves in whole frames, within the window of the visitor's connection.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Flags, Type, lengthAt, word31At, writeFrameHead } from '../../src/listener/h2/frames.ts'
import { Outgoing } from '../../src/listener/h2/outgoing.ts'

const frame = (type: number, flags: number, stream: number, bytes: number): Buffer => {
  const whole = Buffer.alloc(9 + bytes, stream)
  writeFrameHead(whole, 0, bytes, type, flags, stream)
  return whole
}

class Outlet {
  written: Buffer[] = []
  usedBytes = 0
  readonly endings: string[] = []
  write(bytes: Buffer): void {
    this.written.push(Buffer.from(bytes))
  }
  used(bytes: number): void {
    this.usedBytes += bytes
  }
  ended(stream: number): void {
    this.endings.push(`ended ${stream}`)
  }
  reset(stream: number): void {
    this.endings.push(`reset ${stream}`)
  }
  leaving(): void {
    this.endings.push('leaving')
  }
}

function framesOf(written: readonly Buffer[]): { type: number; stream: number; bytes: number }[] {
  const all = Buffer.concat(written)
  const frames = []
  for (let at = 0; at < all.length; at += 9 + lengthAt(all, at))
    frames.push({ type: all[at + 3]!, stream: word31At(all, at + 5), bytes: lengthAt(all, at) })
  return frames
}

test('frames leave whole and in their order, in whatever pieces they come, and bodies stay within the window', () => {
  const kind = fc.record({
    type: fc.constantFrom(Type.data, Type.headers, Type.ping),
    bytes: fc.integer({ min: 0, max: 16_384 }),
  })
  fc.assert(
    fc.property(fc.array(kind, { maxLength: 12 }), fc.integer({ min: 1, max: 30_000 }), (kinds, cut) => {
      const frames = kinds.map(({ type, bytes }, i) =>
        frame(type, Flags.endHeaders, type === Type.ping ? 0 : i * 2 + 1, bytes),
      )
      const bytes = Buffer.concat(frames)
      const outlet = new Outlet()
      const outgoing = new Outgoing(outlet)
      const sent = (): number =>
        framesOf(outlet.written).reduce((sum, each) => sum + (each.type === Type.data ? each.bytes : 0), 0)
      for (let at = 0; at < bytes.length; at += cut) {
        outgoing.take(bytes.subarray(at, at + cut))
        // Each write is made of whole frames.
        for (const each of outlet.written)
          assert.equal(
            framesOf([each]).reduce((sum, { bytes }) => sum + 9 + bytes, 0),
            each.length,
          )
        assert.ok(sent() <= 65_535)
      }
      assert.equal(outlet.usedBytes, sent())
      assert.ok(outgoing.widen(12 * 16_384))
      const expected = (stream: boolean) => framesOf(frames).filter(each => (each.stream !== 0) === stream)
      assert.deepEqual(
        framesOf(outlet.written).filter(({ stream }) => stream !== 0),
        expected(true),
      )
      assert.deepEqual(
        framesOf(outlet.written).filter(({ stream }) => stream === 0),
        expected(false),
      )
      assert.equal(outgoing.heldBytes, 0)
      assert.equal(outlet.usedBytes, sent())
    }),
    { numRuns: 200 },
  )
})

test('what concerns the connection as a whole passes bodies that wait, a head stays in one piece, and ends are told as they leave', () => {
  const outlet = new Outlet()
  const outgoing = new Outgoing(outlet)
  for (let i = 0; i < 4; i++) outgoing.take(frame(Type.data, 0, 1, 16_000))
  outgoing.take(frame(Type.data, Flags.endStream, 1, 16_000))
  outgoing.take(frame(Type.headers, Flags.endStream, 3, 10))
  outgoing.take(frame(Type.continuation, Flags.endHeaders, 3, 10))
  outgoing.take(frame(Type.goAway, 0, 0, 8))
  assert.deepEqual(outlet.endings, ['leaving'])
  assert.deepEqual(
    framesOf(outlet.written).map(({ type }) => type),
    [0, 0, 0, 0, Type.goAway],
  )
  assert.ok(outgoing.widen(20_000))
  assert.deepEqual(outlet.endings, ['leaving', 'ended 1', 'ended 3'])
  assert.deepEqual(
    framesOf(outlet.written.slice(-1)).map(({ type }) => type),
    [Type.headers, Type.continuation],
  )
  assert.equal(outgoing.widen(2 ** 31), false)
})
