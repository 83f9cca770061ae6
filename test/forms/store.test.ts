// The journal of forms on a real disk: what it has taken is there after a restart, what a disk refuses is taken by half
// nowhere, and a receipt leads to its form alone.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { Receipts } from '../../src/forms/receipts.ts'
import { FormStore } from '../../src/forms/store.ts'
import type { JournalBounds } from '../../src/forms/store.ts'
import { form } from './fixtures/form.ts'

const folders: string[] = []
after(() => folders.forEach(folder => rmSync(folder, { recursive: true, force: true })))

const roomy: JournalBounds = { forms: 1000, size: 1e9, spare: 0 }

function storeIn(folder?: string, bounds: Partial<JournalBounds> = {}): FormStore {
  const directory = folder ?? mkdtempSync(join(tmpdir(), 'breakwater-forms-'))
  if (folder === undefined) folders.push(directory)
  const store = new FormStore(directory, () => ({ ...roomy, ...bounds }))
  store.open()
  return store
}

const sending = { state: 'in-flight', tries: 1, due: 0, status: 0, reason: null } as const
const numbersOf = (taken: ReturnType<FormStore['take']>): number[] =>
  taken.map(each => (typeof each === 'string' ? -1 : each.number))

test('what was taken is there after a restart, byte for byte, under the same receipt', () => {
  const first = storeIn()
  const [a, b] = numbersOf(first.take([form(), form({ body: '\x00\xff&' })], 100))
  const receipt = first.receiptOf(b!)
  first.apply([{ number: a!, to: sending }], 200)
  first.close()
  const second = storeIn(first.directory)
  assert.equal(second.numberOf(receipt), b)
  const kept = second.form(b!)
  assert.deepEqual([kept?.body, kept?.at, kept?.head], ['\x00\xff&', 100, form().head])
  assert.deepEqual(
    second.inFlight().map(({ number }) => number),
    [a],
  )
  assert.equal(second.unended, 2)
  assert.deepEqual(second.verify(), [])
  second.close()
})

test('the same key is taken once, in one batch and over restarts, until the site has refused the form', () => {
  const first = storeIn()
  const [a, again] = first.take([form({ key: 'k' }), form({ key: 'k', body: 'other' })], 1)
  assert.deepEqual(again, { ...(a as object), again: true })
  first.close()
  const second = storeIn(first.directory)
  assert.deepEqual(second.take([form({ key: 'k' })], 2), [again])
  const { number } = a as { number: number }
  second.apply([{ number, to: sending }], 3)
  second.apply([{ number, to: { ...sending, state: 'rejected', reason: 'no' } }], 4)
  assert.deepEqual(numbersOf(second.take([form({ key: 'k' })], 5)), [number + 1])
  second.close()
})

test("a client's own key with another content is a mistake that it is told of", () => {
  const store = storeIn()
  const own = { key: 'c', clientKey: 'c' }
  const taken = store.take([form(own), form(own), form({ ...own, body: 'other' })], 1)
  assert.deepEqual(taken, [{ number: 1, again: false }, { number: 1, again: true }, 'form-key-reused'])
  store.close()
})

test('its bounds are kept within a batch: forms, bytes and room on the disk', () => {
  const few = storeIn(undefined, { forms: 2 })
  assert.deepEqual(numbersOf(few.take([form(), form(), form()], 1)), [1, 2, -1])
  few.close()
  const small = storeIn(undefined, { size: 20 })
  assert.deepEqual(numbersOf(small.take([form(), form(), form()], 1)), [1, 2, -1])
  small.close()
  const usual = storeIn(undefined, { spare: undefined })
  assert.ok(usual.room.spare > 0 && usual.room.spare <= 256 * 1024 * 1024)
  const full = storeIn(undefined, { spare: 1e18 })
  assert.deepEqual(full.take([form()], 1), ['journal-full'])
  full.close()
})

test('forms of a lane are due one after the other, others in the order in which they came', () => {
  const store = storeIn()
  store.take([form({ lane: 'x' }), form({ lane: 'x' }), form(), form({ site: 'other' })], 1)
  const due = () => store.due('main', 10, 9).map(({ number }) => number)
  assert.deepEqual(due(), [1, 3])
  store.apply([{ number: 1, to: sending }], 2)
  assert.deepEqual(due(), [3])
  store.apply([{ number: 1, to: { ...sending, state: 'delivered' } }], 3)
  assert.deepEqual(due(), [2, 3])
  store.close()
})

test('what is erased is gone from the files, and only its receipt is left', () => {
  const store = storeIn()
  const file = join(store.directory, 'bodies', 'f')
  writeFileSync(file, 'x')
  store.take([form({ file: 'f', body: '' }), form({ body: 'secret-name' })], 1)
  const erased = { ...sending, state: 'erased', tries: 0 } as const
  store.apply(
    [1, 2].map(number => ({ number, to: erased })),
    2,
  )
  assert.equal(store.form(2), undefined)
  assert.equal(store.progress(2)?.state, 'erased')
  assert.equal(
    store.sweep(() => false),
    0,
  )
  assert.deepEqual([store.bytes, store.unended], [0, 0])
  assert.deepEqual(store.verify(), [])
  store.close()
})

test('what ended long ago is forgotten, but no number is given twice', () => {
  const first = storeIn()
  first.take([form(), form()], 1)
  first.apply(
    [1, 2].map(number => ({ number, to: { ...sending, state: 'delivered' as const } })),
    5,
  )
  assert.equal(first.forget(10, 100), 1)
  first.close()
  const second = storeIn(first.directory)
  assert.deepEqual(numbersOf(second.take([form()], 20)), [3])
  second.close()
})

test('a receipt that was not made here leads nowhere', () => {
  const receipts = new Receipts(Buffer.alloc(16, 7))
  const receipt = receipts.of(42)
  assert.match(receipt, /^[\w.][\w-]{21}$/)
  assert.equal(receipts.numberOf(receipt), 42)
  const [head, tail] = [receipt.slice(0, -1), receipt.at(-1)!]
  for (const other of ['A', 'Q', 'g', 'w'].filter(each => each !== tail))
    assert.equal(receipts.numberOf(head + other), undefined)
  for (const wrong of ['', 'x', '../../etc', receipt + 'A', receipt.toUpperCase().padEnd(22, '-')])
    assert.equal(receipts.numberOf(wrong), undefined)
  assert.equal(new Receipts(Buffer.alloc(16, 8)).numberOf(receipt), undefined)
  const many = Array.from({ length: 1000 }, (_, number) => receipts.of(number))
  assert.ok(
    many.every(each => /^[\w.][\w-]{21}$/.test(each)),
    'none is taken for an option of a command',
  )
  assert.ok(many.every((each, number) => receipts.numberOf(each) === number))
})

test('with a key nothing of a form stands on disk in the clear, and it comes back byte for byte', () => {
  const key = { secret: 'k'.repeat(64) }
  const first = storeIn(undefined, { key })
  const head = { ...form().head, target: '/sign/zanzibar' }
  const [number] = numbersOf(first.take([form({ body: 'name=quetzalcoatl\xff', key: 'one', head })], 100))
  first.checkpoint()
  first.close()
  const raw = readFileSync(join(first.directory, 'forms.sqlite'), 'latin1')
  for (const word of ['quetzalcoatl', 'zanzibar']) assert.equal(raw.includes(word), false, word)
  const second = storeIn(first.directory, { key })
  assert.equal(second.form(number!)?.body, 'name=quetzalcoatl\xff')
  assert.equal(second.form(number!)?.head.target, '/sign/zanzibar')
  assert.deepEqual(second.take([form({ key: 'one' })], 200), [{ number, again: true }], 'the same form is known')
  assert.deepEqual(second.verify(), [])
  second.close()
})

test('a journal is opened with no other key than its own, and says so', () => {
  const first = storeIn(undefined, { key: { secret: 'a'.repeat(64) } })
  first.take([form()], 100)
  first.close()
  assert.throws(() => storeIn(first.directory, { key: { secret: 'b'.repeat(64) } }), /another journal.key/)
  assert.throws(() => storeIn(first.directory), /another journal.key/)
})

test('what is encrypted and was changed on disk is found out', () => {
  const key = { secret: 'k'.repeat(64) }
  const store = storeIn(undefined, { key })
  store.take([form(), form()], 100)
  store.close()
  const database = new DatabaseSync(join(store.directory, 'forms.sqlite'))
  database.exec('UPDATE form SET body = (SELECT body FROM form WHERE number = 2) WHERE number = 1')
  database.close()
  assert.deepEqual(storeIn(store.directory, { key }).verify(), ['form 1 was changed on disk'])
})
