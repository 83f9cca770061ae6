// Which site answers for a host.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileHosts } from '../../src/site/hosts.ts'

test('exact names go before wildcards, longer wildcards before shorter, and the site for all comes last', () => {
  const find = compileHosts([
    { name: 'all', hosts: ['*'] },
    { name: 'org', hosts: ['*.example.org'] },
    { name: 'shop', hosts: ['*.shop.example.org', 'shop.example.org'] },
    { name: 'www', hosts: ['www.example.org', '[::1]'] },
  ])
  const cases = {
    'www.example.org': 'www',
    'www.example.org:8080': 'www',
    'www.example.org.': 'www',
    'a.example.org': 'org',
    'a.b.example.org': 'org',
    'example.org': 'all',
    'shop.example.org': 'shop',
    'x.shop.example.org': 'shop',
    '[::1]:80': 'www',
    '[::1]': 'www',
    '127.0.0.1:80': 'all',
    '': 'all',
  }
  for (const [host, name] of Object.entries(cases)) assert.equal(find(host)?.name, name, host)
})

test('without a site for all, an unknown host has none', () => {
  const find = compileHosts([{ hosts: ['a.example'] }])
  assert.equal(find('b.example'), undefined)
  assert.equal(find('xa.example'), undefined)
  assert.notEqual(find('a.example:1'), undefined)
})
