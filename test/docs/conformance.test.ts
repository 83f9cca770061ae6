// What docs/conformance.md says of our stories is what they are.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chapters } from '../conformance/chapters.ts'
import { read } from '../tidy/tree.ts'

test('the page about conformance has the number of stories', () => {
  const stories = Object.values(chapters).reduce((sum, chapter) => sum + chapter.length, 0)
  const [, told, tests] = /There are ([\d,]+) stories, so ([\d,]+) tests/.exec(read('docs/conformance.md')) ?? []
  assert.deepEqual([told, tests].map(plain), [stories, 2 * stories])
})

const plain = (number: string | undefined): number => Number(number?.replaceAll(',', ''))
