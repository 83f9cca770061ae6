// Files of large bodies that no record stands for: removed at the start, and later once they were nobody's in two looks.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { LargeFiles } from '../../src/journal/large-files.ts'
import { Flag } from '../../src/store/layout.ts'
import { encodeOnDisk } from '../../src/store/on-disk.ts'
import { House } from './house.ts'

const [known, stray, young] = ['00000000000000aa', '00000000000000bb', '00000000000000cc'] as const

test('what no record stands for goes, a file that is being written does not, and other files are left alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-large-'))
  const write = (name: string): void => writeFileSync(join(folder, name), name)
  const there = (): string[] => readdirSync(folder).sort()
  const house = await House.open(join(folder, 'log'))
  try {
    const body = encodeOnDisk({ name: known, length: 16, checksums: [1] })
    house.store('main http a /film', body, { flags: Flag.onDisk })
    for (const name of [known, stray, 'notes.txt']) write(name)
    const files = new LargeFiles(folder, house.index)
    const lengths = await files.lengths()
    assert.deepEqual([lengths.size, lengths.get(known), lengths.get(stray)], [2, 16, 16])
    await files.look()
    write(young)
    assert.ok(there().includes(stray))
    await files.look()
    assert.deepEqual(there(), [known, young, 'log', 'notes.txt'])
    await files.clear()
    assert.deepEqual(there(), [known, 'log', 'notes.txt'])
    await new LargeFiles(join(folder, 'nowhere'), house.index).clear()
  } finally {
    await house.kill()
    rmSync(folder, { recursive: true, force: true })
  }
})
