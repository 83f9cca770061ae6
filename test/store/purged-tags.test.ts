// The table of purged tags: what it says of records that are older or younger than a purge, also when it is swept or full.

import assert from 'node:assert/strict'
import test from 'node:test'
import { fillRecord, recordBytes } from '../../src/store/fill.ts'
import { Flag, Word } from '../../src/store/layout.ts'
import { Verdict } from '../../src/store/purged-tags.ts'
import { SmallStore, key } from '../core/store-parts.ts'

/** A record with these tags, asked for after so many purges; 0 when it was not let in. */
function store(own: SmallStore, name: string, tags: number[], born = own.index.purgedTags.count): number {
  const until = { freshUntil: 1e15, revalidateUntil: 1e15, errorUntil: 1e15 }
  const content = { key: key(name), lines: key('Name: value\r\n'), body: [key('odd')], bodyLength: 3, status: 200 }
  const record = { ...content, flags: 0, storedAt: 1, ageBase: 1, ...until, tags, born }
  const ref = own.shelf.take(0, recordBytes(record))
  fillRecord(own.segments, ref, record)
  return own.shelf.publish(0, ref) ? ref : 0
}

test('a purge concerns what has one of its tags and was asked for before it, and nothing else', () => {
  const own = new SmallStore(1)
  const tags = own.index.purgedTags
  const refs = [[], [1], [2, 1], [3, 2]].map((each, i) => store(own, `page ${i}`, each))
  const verdicts = () => refs.map(ref => tags.verdict(ref))
  tags.purge([1], true)
  assert.deepEqual(verdicts(), [Verdict.none, Verdict.soft, Verdict.soft, Verdict.none])
  tags.purge([2], false)
  assert.deepEqual(verdicts(), [Verdict.none, Verdict.soft, Verdict.hard, Verdict.hard])
  assert.equal(tags.verdict(store(own, 'later', [1, 2, 3])), Verdict.none)
})

test('what was on its way while its tag was purged does not come in', () => {
  const own = new SmallStore(1)
  const before = own.shelf.counts.bytesUsed
  own.index.purgedTags.purge([7], true)
  assert.equal(store(own, 'page', [7], 0), 0)
  assert.equal(own.shelf.counts.bytesUsed, before)
  assert.notEqual(store(own, 'page', [8], 0), 0)
  assert.notEqual(store(own, 'page', [7], 1), 0)
})

test('a table that was swept is empty again, and forgets no purge that came meanwhile', () => {
  const own = new SmallStore(4)
  const tags = own.index.purgedTags
  const [soft, kept] = [1, 3].map(tag => store(own, `page ${tag}`, [tag])) as [number, number]
  store(own, 'page 2', [2])
  tags.purge([1], true)
  for (let i = 0; !tags.isHalfFull; i++) tags.purge([1000 + i], false)
  tags.purge([2], false)
  const upTo = tags.count
  own.shelf.sweep(() => tags.forget(upTo))
  tags.purge([3], true)
  while (own.shelf.isPurging) own.shelf.turn(false)
  assert.equal(tags.isHalfFull, false)
  assert.equal(own.find('page 2'), 0)
  assert.equal(own.segments.word(soft, Word.flags), Flag.purged)
  assert.deepEqual([tags.verdict(soft), tags.verdict(kept)], [Verdict.none, Verdict.soft])
  assert.equal(store(own, 'page 4', [4], upTo - 1), 0, 'older than what was forgotten')
  assert.notEqual(store(own, 'page 4', [4], upTo), 0)
})

test('a table that fills up before it is swept counts whatever has a tag as purged, and nothing that comes later', () => {
  const own = new SmallStore(1)
  const tags = own.index.purgedTags
  const [tagged, plain] = [store(own, 'tagged', [5]), store(own, 'plain', [])]
  tags.purge(
    Array.from({ length: 70_000 }, (_, i) => i + 1000),
    true,
  )
  assert.deepEqual([tags.verdict(tagged), tags.verdict(plain)], [Verdict.soft, Verdict.none])
  assert.equal(tags.verdict(store(own, 'later', [5])), Verdict.none)
})
