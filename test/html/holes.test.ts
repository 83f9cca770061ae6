// What must not be the same for all who get one copy of a page: it is found by reading, or by fetching twice.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { differencesOf } from '../../src/html/differences.ts'
import { readHoles } from '../../src/html/holes.ts'
import { prove } from '../../src/html/proof.ts'
import { parseSelector } from '../../src/html/selector.ts'
import { edited, withAttribute } from '../../src/html/tag.ts'

const HOST = 'www.example.org'
const none = { isToken: () => false, omit: null }
const omitting = (selector: string) => ({ isToken: () => false, omit: parseSelector(selector)! })
const without = (html: string, selector: string): string =>
  edited(html, readHoles(html, HOST, omitting(selector)).omitted)

const page = (token: string, nonce: string, name = '') =>
  `<html><head><meta name="csrf-token" content="${token}"><script nonce=${nonce}>if (1<2) { }</script></head><body>` +
  `<!-- made in ${nonce} ms --><p>News<p>more ${name}<form method=post action="/sign"><input type=hidden name=_token value='${token}'>` +
  `<input type="hidden" name="weird" value=${nonce}><input name=email></form></body></html>`

const outside = (value: string) => `<input type=hidden name=_token value=${value}><form method=post></form>`

const elsewhere = (value: string) =>
  `<form method=post action=https://pay.test/><input type=hidden name=_token value=${value}></form>`

const served = (n: string) => `<p>News</p><div id=served><b>${n}</b></div><p>end</p>`

describe('holes', () => {
  it('are tokens by their name, and hidden fields that differ between two fetches', () => {
    const proof = prove(page('t1', 'n1'), page('t2', 'n2'), HOST, none)
    assert.equal(proof.verdict, 'armed with holes')
    assert.deepEqual(proof.holes, ['csrf-token', '_token', 'weird'])
    assert.deepEqual(proof.learned, ['weird'])
  })

  it('are none in a page that is the same twice', () => {
    const html = '<p>News</p><form method=post><input type=hidden name=page value=7></form>'
    assert.deepEqual(prove(html, html, HOST, none), {
      ...{ verdict: 'armed', holes: [], learned: [], differences: [] },
    })
  })

  it('do not hide a name, a number or a hidden field outside of a form: the proof is refused and shows them', () => {
    const { verdict, differences } = prove(page('t1', 'n1', 'Anna'), page('t2', 'n2', 'Bob'), HOST, none)
    assert.equal(verdict, 'refused')
    assert.deepEqual(
      differences.map(({ one, other }) => [one, other]),
      [['Anna', 'Bob']],
    )
    assert.equal(prove(outside('1'), outside('2'), HOST, none).verdict, 'refused')
    assert.equal(prove(elsewhere('1'), elsewhere('2'), HOST, none).verdict, 'refused')
  })

  it('are proven around what a rule leaves out', () => {
    assert.equal(prove(served('1'), served('2'), HOST, none).verdict, 'refused')
    assert.equal(prove(served('1'), served('2'), HOST, omitting('#served')).verdict, 'armed')
  })

  it('take the value out of a tag and leave every other byte of the page', () => {
    const html = page('t1', 'n1', '\xc3\xa4')
    const { holes, forms } = readHoles(html, HOST, none)
    assert.deepEqual(
      forms.map(({ action, names }) => [action, names]),
      [['/sign', ['_token']]],
    )
    const cut = edited(
      html,
      holes.map(({ edit }) => edit),
    )
    assert.equal(cut, html.replace("value='t1'", 'value=""').replace('content="t1"', 'content=""'))
  })
})

describe('selectors', () => {
  it('leave out whole elements, and no more, however they are closed', () => {
    assert.equal(without('<p>a<p class="x y">b<div>c</div>', '.y'), '<p>a<div>c</div>')
    assert.equal(without('<ul><li>a<li id=b>b<li>c</ul>', '#b'), '<ul><li>a<li>c</ul>')
    assert.equal(without('<div><section class=a>1</div>2', '.a'), '<div></div>2')
    assert.equal(without('<p>a<img src=x.png>b<br>c', 'img'), '<p>ab<br>c')
    assert.equal(without('<aside><aside class=a>1</aside></aside>2', 'aside'), '2')
    assert.equal(
      without('<script>if (a<b) "<p class=y>"</script><p class=y>b</p>', '.y'),
      '<script>if (a<b) "<p class=y>"</script>',
    )
  })

  it('name elements by tag, id, class, attributes, and what encloses them', () => {
    const html = '<div id=a><p class="b c" data-x="one two"><i>1</i></p></div><i>2</i>'
    const cases: [selector: string, isFound: boolean][] = [
      ['#a i', true],
      ['#a > i', false],
      ['p.b.c > i', true],
      ['[data-x~="two"] i', true],
      ['[data-x^=one] > i', true],
      ["[data-x$='one'] i", false],
      ['span, div#a *[data-x] i', true],
    ]
    for (const [selector, isFound] of cases)
      assert.equal(without(html, selector).includes('<i>1</i>'), !isFound, selector)
    for (const wrong of ['', 'a:hover', 'a + b', '> a', 'a,', '[x', 'a..b'])
      assert.equal(parseSelector(wrong), undefined, wrong)
  })
})

describe('one tag', () => {
  it('is changed in one attribute', () => {
    assert.equal(withAttribute('<input value=a/b name=x>', 'value', ''), '<input value="" name=x>')
    assert.equal(withAttribute('<INPUT VALUE = "a>b" x>', 'value', 'q"&'), '<INPUT value="q&quot;&amp;" x>')
    assert.equal(withAttribute('<form>', 'action', '/a'), '<form action="/a">')
    assert.equal(withAttribute('<form data-value="1"/>', 'value', '2'), '<form value="2" data-value="1"/>')
  })
})

describe('differences', () => {
  it('are shown piece by piece, also where one page has more', () => {
    const found = differencesOf(
      '<p>Hello Anna</p><ul><li>a</li></ul>end',
      '<p>Hello you</p><ul><li>a</li><li>b</li></ul>end',
    )
    assert.deepEqual(
      found.map(({ one, other }) => [one, other]),
      [
        ['Anna', 'you'],
        ['', '<li>b</li>'],
      ],
    )
    assert.equal(differencesOf('x '.repeat(5000), 'y '.repeat(5000)).length <= 20, true)
  })
})
