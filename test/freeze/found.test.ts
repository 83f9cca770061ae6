// What a walk over a site is led on by, and what it stays away from.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { foundIn, readSiteMap } from '../../src/freeze/found.ts'
import { parseRobots } from '../../src/freeze/robots.ts'

const SITE = 'https://www.example.org/news/'

describe('robots.txt', () => {
  const robots = parseRobots(
    'User-agent: Other\nDisallow: /\n\nUser-agent: *\nUser-agent: Third\nDisallow: /admin # staff\nAllow: /admin/public\nDisallow: /*.pdf$\nDisallow:\nSitemap: /map.xml\nsitemap: https://www.example.org/two.xml',
    SITE,
  )

  it('is read for everyone, the longest rule first', () => {
    for (const target of ['/', '/admin/public/x', '/a.pdf?x', '/other']) assert.ok(robots.allows(target), target)
    for (const target of ['/admin', '/admin/x', '/deep/a.pdf']) assert.ok(!robots.allows(target), target)
  })

  it('names the site maps', () => {
    assert.deepEqual(robots.sitemaps, ['https://www.example.org/map.xml', 'https://www.example.org/two.xml'])
  })

  it('takes no time, whatever it says', () => {
    const line = fc.constantFrom('Disallow: ', '/', '*', 'a', '$', '\n', '(', 'User-agent: *\n')
    fc.assert(
      fc.property(fc.array(line, { maxLength: 80 }), pieces => {
        parseRobots(`User-agent: *\n${pieces.join('')}`, SITE).allows(`/${'a/'.repeat(200)}`)
      }),
    )
  })
})

describe('what leads on', () => {
  it('are the links of a page, and all that it loads', () => {
    const html = `<a href="/a#x"></a><a href="https://other.example/">o</a><img src="i.png"><style>b{background:url(/b.png)}</style>
      <div style="background: url('c.png')"></div>`
    const { pages, files } = foundIn('text/html', Buffer.from(html), SITE)
    assert.deepEqual(pages, ['https://www.example.org/a', 'https://other.example/'])
    assert.deepEqual(files, [
      'https://www.example.org/news/i.png',
      'https://www.example.org/b.png',
      'https://www.example.org/news/c.png',
    ])
  })

  it('are what a style sheet names, from where it lies', () => {
    const css = '@import "more.css"; a { background: url( "../x.png#y" ) } b { src: url(data:font/woff2;base64,AA) }'
    const { files } = foundIn('text/css', Buffer.from(css), 'https://www.example.org/css/a.css')
    assert.deepEqual(files, ['https://www.example.org/x.png', 'https://www.example.org/css/more.css'])
  })

  it('is nothing in anything else', () => {
    assert.deepEqual(foundIn('application/json', Buffer.from('{"a":"<a href=/x>"}'), SITE).pages, [])
  })
})

describe('site maps', () => {
  const map =
    '<urlset><url><loc> https://www.example.org/?a=1&amp;b=2 </loc><image:image><image:loc>https://www.example.org/i.png</image:loc></image:image></url></urlset>'

  it('name pages, and an index names maps', () => {
    assert.deepEqual(readSiteMap(Buffer.from(map)), { pages: ['https://www.example.org/?a=1&b=2'], maps: [] })
    const index = '<sitemapindex><sitemap><loc>https://www.example.org/1.xml.gz</loc></sitemap></sitemapindex>'
    assert.deepEqual(readSiteMap(Buffer.from(index)), { pages: [], maps: ['https://www.example.org/1.xml.gz'] })
  })

  it('are unpacked, but not without bound', () => {
    assert.equal(readSiteMap(gzipSync(map)).pages.length, 1)
    assert.throws(() => readSiteMap(gzipSync(Buffer.alloc(65 * 1024 * 1024))))
  })
})
