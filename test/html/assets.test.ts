// The addresses of what a page loads, found and written anew while every other byte stays.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readAssets, replaced } from '../../src/html/assets.ts'
import { edited } from '../../src/html/tag.ts'

const PAGE = 'https://www.example.org/news/today'
const CDN = 'https://cdn.example.net'

/** The page with everything of its own host led to the network. */
function moved(html: string): string {
  const assets = readAssets(html, PAGE)
  const edits = replaced(html, assets, ({ url, kind }) =>
    url.host === 'www.example.org'
      ? { href: CDN + url.pathname + url.search, integrity: kind === 'image' ? undefined : 'sha384-x' }
      : undefined,
  )
  return edited(html, edits)
}

test('scripts and style sheets get a digest, images do not', () => {
  assert.equal(
    moved('<script src=/a.js defer></script>'),
    '<script crossorigin="anonymous" integrity="sha384-x" src="https://cdn.example.net/a.js" defer></script>',
  )
  assert.equal(
    moved("<link rel='stylesheet' href='site.css?v=2&amp;w=1'>"),
    `<link crossorigin="anonymous" integrity="sha384-x" rel='stylesheet' href="https://cdn.example.net/news/site.css?v=2&amp;w=1">`,
  )
  assert.equal(moved('<IMG alt="x>y" SRC="/a.png">'), '<IMG alt="x>y" src="https://cdn.example.net/a.png">')
})

test('what the page says itself of digest and credentials goes before', () => {
  assert.equal(
    moved('<script src="/a.js" integrity="sha256-own" crossorigin="use-credentials"></script>'),
    '<script src="https://cdn.example.net/a.js" integrity="sha256-own" crossorigin="use-credentials"></script>',
  )
})

test('a list of candidates is written anew address by address', () => {
  const html = '<img src="/a.png" srcset="/a.png 1x, /a.png?w=2 2x,/b.png 3x, https://other.example/a.png 4x">'
  assert.equal(
    moved(html),
    '<img src="https://cdn.example.net/a.png" srcset="https://cdn.example.net/a.png 1x, https://cdn.example.net/a.png?w=2 2x,https://cdn.example.net/b.png 3x, https://other.example/a.png 4x">',
  )
})

test('addresses count from the base of the page, and what is loaded ahead is the same kind of thing', () => {
  assert.equal(
    moved('<base href="/old/"><link rel=preload as=script href="x.js"><link rel=icon href="/i.png">'),
    '<base href="/old/"><link crossorigin="anonymous" integrity="sha384-x" rel=preload as=script href="https://cdn.example.net/old/x.js"><link rel=icon href="/i.png">',
  )
})

test('addresses of other hosts, data, other encodings and links to read stay', () => {
  const html =
    '<script src="//other.example/a.js"></script><img src="data:image/gif;base64,R0"><img src="/caf\u00c3\u00a9.png"><a href="/a.js">a</a><script>"<img src=/a.png>"</script><!-- <img src=/a.png> -->'
  assert.equal(moved(html), html)
})

test('the policies of the page are told', () => {
  const html = '<meta http-equiv="Content-Security-Policy" content="script-src \'self\'"><meta name=x content=y>'
  assert.deepEqual(readAssets(html, PAGE).policies, ["script-src 'self'"])
})

test('whatever the page is made of, nothing changes where nothing is replaced, and no run takes long', () => {
  const piece = fc.constantFrom(
    '<img ',
    'srcset="',
    ' 1x, ',
    '/a.png',
    '"',
    '>',
    '<script src=',
    '</script>',
    ',',
    ' ',
    '<base href=',
    'ÿ',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), pieces => {
      const html = pieces.join('')
      const assets = readAssets(html, PAGE)
      assert.equal(
        edited(
          html,
          replaced(html, assets, () => undefined),
        ),
        html,
      )
      moved(html)
    }),
    { numRuns: 2000 },
  )
})
