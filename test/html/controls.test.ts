// What is read of the forms of a page: what a browser would check, and nothing that could hold a thread up.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readControls } from '../../src/html/controls.ts'
import type { Control } from '../../src/html/controls.ts'

const HOST = 'www.example.org'
const read = (html: string) => readControls(Buffer.from(html).toString('latin1'), HOST, '/petitions/7?page=2')
const form = (inside: string, more = ''): Record<string, Control> =>
  Object.fromEntries(
    (read(`<form method=post action="" ${more}>${inside}</form>`)[0]?.controls ?? []).map(control => [
      control.name,
      control,
    ]),
  )

test('what a field must be is read in the words of HTML', () => {
  const found = form(`<input name=mail type=email required maxlength=254>
    <input name=größe pattern="[0-9]{2,3}" minlength=2> <textarea name=why maxlength=500 required></textarea>
    <select name=country required><option value="">–</select> <input type=checkbox name=terms required>
    <input type=file name=photo required> <input type=number name=age> <input type=date name=day>
    <input type=hidden name=token value=x required> <input type=submit name=go> <input name=off disabled required>`)
  assert.deepEqual(Object.keys(found), ['mail', 'größe', 'why', 'country', 'terms', 'photo', 'age', 'day'])
  assert.deepEqual(found['mail'], {
    ...{ name: 'mail', type: 'email', required: true },
    ...{ minLength: 0, maxLength: 254, pattern: '' },
  })
  assert.deepEqual([found['größe']?.pattern, found['größe']?.minLength], ['[0-9]{2,3}', 2])
  assert.deepEqual([found['why']?.maxLength, found['terms']?.required, found['photo']?.type], [500, true, 'file'])
  assert.deepEqual([found['age']?.type, found['day']?.type, found['country']?.required], ['number', 'date', true])
})

test('only forms that are posted to this host count, each under its own path', () => {
  const paths = read(`<form method=post action=/sign?from=here><input name=a></form>
    <form action=/search><input name=q required></form> <form method=POST action="https://other.test/x"><input name=b></form>
    <form method=post action="http://${HOST}/c#d"><input name=c></form> <form method=post><input name=d></form>`)
  assert.deepEqual(
    paths.map(({ path }) => path),
    ['/sign', '/c', '/petitions/7'],
  )
})

test('what a browser would not check is not asked for', () => {
  assert.deepEqual(form('<input name=a required>', 'novalidate'), {})
  assert.deepEqual(form('<input name=a required><button formnovalidate>draft</button>'), {})
  const radios = form('<input type=radio name=r value=1 required><input type=radio name=r value=2>')
  assert.equal(radios['r']?.required, true)
  assert.equal(form('<input name=a required readonly>')['a']?.required, false)
})

test('no expression is tried that could take long', () => {
  for (const pattern of ['(a+)+$', '(a|a)*b', '(\\w|\\d)+x', '(a)\\1', '.*.*.*.*x', '[', 'a*b*'])
    assert.equal(form(`<input name=a pattern="${pattern}">`)['a']?.pattern, '', pattern)
  assert.equal(form('<input name=a pattern="[^@]+@[^@]+" maxlength=100>')['a']?.pattern, '[^@]+@[^@]+')
  assert.equal(form('<input name=a pattern="\\d{5}">')['a']?.pattern, '\\d{5}')
})
