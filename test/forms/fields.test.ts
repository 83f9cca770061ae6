// What a kept form says, for exports and for whoever looks for a person's forms.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldsOf, says, valuesOf } from '../../src/forms/fields.ts'

const head = (type: string) => ({ fields: ['content-type', type] })

test('each kind of form is exported field by field', () => {
  const urlencoded = valuesOf(head('application/x-www-form-urlencoded'), Buffer.from('a=1&b=%C3%A4&a=2'))
  assert.deepEqual(urlencoded, { a: ['1', '2'], b: 'ä' })
  const parts = ['name="a"\r\n\r\nZoë', 'name="f"; filename="x.txt"\r\n\r\nbytes', 'name="a"\r\n\r\n2']
  const body = `${parts.map(part => `--x\r\nContent-Disposition: form-data; ${part}\r\n`).join('')}--x--\r\n`
  assert.deepEqual(valuesOf(head('multipart/form-data; boundary=x'), Buffer.from(body)), { a: ['Zoë', '2'] })
  const json = { a: 'x', yes: true, n: 1.5, tags: ['p', 2], deep: { b: null } }
  assert.deepEqual(valuesOf(head('application/json'), Buffer.from(JSON.stringify(json))), {
    ...{ a: 'x', yes: 'true', n: '1.5', tags: ['p', '2'], deep: '{"b":null}' },
  })
  assert.deepEqual(valuesOf(head('application/json'), Buffer.from('{')), {})
})

test('a person is found in any field, however deep, whatever the case', () => {
  const json = Buffer.from('{"who":{"mails":[" Ann@Example.org "]}}')
  assert.equal(says(fieldsOf(head('application/json'), json), 'ann@example.org'), true)
  assert.equal(says(fieldsOf(head('application/json'), json), 'nn@example.org'), false)
})
