// Multipart forms read on their way: whatever pieces they come in, what goes on is what came, with the tokens where they belong.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { PartsReader } from '../../src/cache/forms/parts.ts'
import type { PartsHole } from '../../src/cache/forms/parts.ts'
import { formBoundary, partName, partOf } from '../../src/http/formdata.ts'

const FILE = 'Content-Disposition: form-data; name="photo"; filename="a; name="\r\nContent-Type: image/png\r\n\r\n'
const field = (name: string, value: string): string => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`
const form = (...parts: string[]): string => [...parts.map(part => `--b\r\n${part}\r\n`), '--b--\r\n'].join('')

interface Read {
  /** What went on, with `{name}` where a token was missed. */
  text: string
  holes: PartsHole[]
  /** Bytes held back at most. */
  held: number
}

function read(body: string, cuts: readonly number[], names = ['token']): Read {
  const reader = new PartsReader('b', names)
  const told: Read = { text: '', holes: [], held: 0 }
  const drain = (): void => {
    for (let found = reader.next(); found !== undefined; found = reader.next()) {
      if (found instanceof Uint8Array) told.text += Buffer.from(found).toString('latin1')
      else {
        told.holes.push(found)
        told.text += found.inside ? found.names.map(name => `{${name}}`).join('') : found.names.map(insert).join('')
      }
    }
  }
  const bytes = Buffer.from(body, 'latin1')
  const at = [...new Set([0, ...cuts.map(cut => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  for (const [i, from] of at.entries()) {
    reader.write(bytes.subarray(from, at[i + 1] ?? bytes.length))
    drain()
    told.held = Math.max(told.held, (at[i + 1] ?? bytes.length) - told.text.length)
  }
  reader.end()
  drain()
  return told
}
const insert = (name: string): string => partOf('b', name, `{${name}}`)

describe('a multipart form on its way', () => {
  it('misses a token where its field is empty or not there, before and behind a file', () => {
    assert.equal(
      read(form(field('token', ''), field('a', '1')), []).text,
      form(field('token', '{token}'), field('a', '1')),
    )
    assert.equal(
      read(form(FILE + 'PNG\r\n--\r\n', field('token', '')), []).text,
      form(FILE + 'PNG\r\n--\r\n', field('token', '{token}')),
    )
    assert.equal(read(form(field('a', '1')), []).text, form(field('a', '1'), field('token', '{token}')))
    const twice = form(field('token', ''), field('token', ''))
    assert.equal(read(twice, []).text, form(field('token', '{token}'), field('token', '')))
  })

  it('goes on byte by byte where nothing is missing, or where it is no such form', () => {
    const bodies = [
      form(field('token', 'here')),
      form(field('token', '\r\n--a')),
      `preamble\r\n${form(field('token', 'x'))}epilogue`,
      `\r\n${form(field('token', 'x'))}`,
      '--b--\r\n',
      '',
      '--b',
      'nothing at all',
      form(field('a', '1')).slice(0, -6),
      `--b\r\nContent-Disposition: form-data; name="token"; filename=""\r\n\r\n\r\n--b\r\n${'x'.repeat(20_000)}`,
    ]
    for (const body of bodies) assert.equal(read(body, [3, 9, 20]).text, body, JSON.stringify(body.slice(0, 100)))
  })

  it('is the same in whatever pieces it comes, and little of it is held back', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\r', '\n', '-', 'b', '\r\n--', '\r\n\r\n'), maxLength: 30 })
    const part = fc.oneof(
      text.map(value => field('token', value)),
      fc.constant(field('token', '')),
      text.map(value => field('other', value)),
      text.map(bytes => FILE + bytes),
    )
    const body = fc.array(part, { maxLength: 5 }).map(parts => form(...parts))
    fc.assert(
      fc.property(body, fc.array(fc.nat(), { maxLength: 20 }), (given, cuts) => {
        const whole = read(given, [])
        const apart = read(given, cuts)
        assert.deepEqual([apart.text, apart.holes], [whole.text, whole.holes])
        assert.equal(read(given, cuts, []).text, given)
        assert.ok(apart.held <= 200)
      }),
    )
  })

  it('reads names as browsers write them', () => {
    assert.equal(formBoundary('multipart/form-data; charset=utf-8; boundary="a b"'), 'a b')
    assert.equal(formBoundary('Multipart/Form-Data;boundary=----WebKitFormBoundaryx'), '----WebKitFormBoundaryx')
    for (const type of [
      'multipart/mixed; boundary=a',
      'multipart/form-data',
      `multipart/form-data; boundary=${'a'.repeat(71)}`,
    ])
      assert.equal(formBoundary(type), undefined, type)
    assert.deepEqual(partName(FILE), { name: 'photo', isFile: true })
    assert.deepEqual(partName('Content-Disposition: form-data; name="a%22b%0D%0Ac[1]"'), {
      name: 'a"b\r\nc[1]',
      isFile: false,
    })
    assert.deepEqual(partName(partOf('b', 'a"b\r\nc', '')), { name: 'a"b\r\nc', isFile: false })
    assert.equal(partName('Content-Type: text/plain'), undefined)
  })
})
