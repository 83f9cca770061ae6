// Which rules match a request, and what they amount to together.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readConfig } from '../../src/config/read.ts'
import type { Mode } from '../../src/config/modes.ts'
import { surroundingsIn } from '../../src/config/surroundings.ts'
import { compileGlob, compilePath } from '../../src/site/pattern.ts'
import { normalPath } from '../../src/site/path.ts'
import { compileRules } from '../../src/site/rules.ts'

function rulesOf(rules: unknown[], mode: Mode = 'normal') {
  const read = readConfig(
    { sites: [{ origins: 'http://a', rules, mode }] },
    surroundingsIn('/', () => {}),
  )
  assert.ok(read.config !== undefined, JSON.stringify(read.problems))
  return compileRules(read.config.sites[0]!)
}

const get = (target: string, fields: string[] = [], rest: { method?: string; host?: string } = {}) => ({
  method: 'GET',
  host: 'www.example.org',
  target,
  fields,
  ...rest,
})

test('a site without rules has one settings object that leaves everything alone', () => {
  const { settingsFor, reads } = rulesOf([])
  const settings = settingsFor(get('/'))
  assert.equal(settings, settingsFor(get('/other')))
  assert.equal(settings.bypass, false)
  assert.equal(settings.lifetime, undefined)
  assert.equal(settings.ignoresQuery, null)
  assert.deepEqual({ ...settings.why }, {})
  assert.deepEqual(reads, { method: false, host: false, target: false, fields: new Set() })
})

test('all matching rules apply, a later one overriding field by field, each value with its rule', () => {
  const { settingsFor } = rulesOf([
    { name: 'all', cache: { lifetime: '10s', staleIfError: '1h' } },
    { name: 'news', match: { path: '/news/**' }, cache: { lifetime: '60s' } },
    { match: { path: '/news/live' }, cache: { bypass: true } },
  ])
  const plain = settingsFor(get('/'))
  assert.deepEqual(
    [plain.lifetime, plain.staleIfError, { ...plain.why }],
    [10_000, 3_600_000, { lifetime: 'all', staleIfError: 'all' }],
  )
  const news = settingsFor(get('/news/today?x=1'))
  assert.deepEqual([news.lifetime, news.staleIfError, news.bypass], [60_000, 3_600_000, false])
  assert.deepEqual({ ...news.why }, { lifetime: 'news', staleIfError: 'all' })
  const live = settingsFor(get('/news/live'))
  assert.deepEqual([live.bypass, live.lifetime, live.why['bypass']], [true, 60_000, 'rule 3'])
  assert.equal(settingsFor(get('/news/tomorrow')), news, 'the same set of rules gives the same object')
})

test('the mode chooses among values side by side', () => {
  const rules = [{ cache: { lifetime: { normal: '10s', spike: '60s' }, bypass: { spike: false, normal: true } } }]
  const by = (mode: Mode) => rulesOf(rules, mode).settingsFor(get('/'))
  assert.deepEqual([by('normal').lifetime, by('spike').lifetime, by('frozen').lifetime], [10_000, 60_000, 60_000])
  assert.deepEqual([by('normal').bypass, by('spike').bypass], [true, false])
})

test('every line of a match has to hold, one value within it is enough', () => {
  const matches = (match: unknown, request: ReturnType<typeof get>) =>
    rulesOf([{ match, cache: { bypass: true } }]).settingsFor(request).bypass
  const yes = (match: unknown, request: ReturnType<typeof get>) =>
    assert.equal(matches(match, request), true, JSON.stringify([match, request]))
  const no = (match: unknown, request: ReturnType<typeof get>) =>
    assert.equal(matches(match, request), false, JSON.stringify([match, request]))
  yes({ method: ['GET', 'POST'] }, get('/'))
  yes({ method: 'GET' }, get('/', [], { method: 'HEAD' }))
  no({ method: 'POST' }, get('/'))
  yes({ host: '*.example.org' }, get('/', [], { host: 'www.example.org:8080' }))
  no({ host: 'example.org' }, get('/'))
  yes({ query: { preview: true } }, get('/?a=1&preview'))
  yes({ query: { page: '1*' } }, get('/?%70age=12'))
  no({ query: { page: '1*' } }, get('/?page=2'))
  yes({ header: { 'X-Requested-With': 'XML*' } }, get('/', ['x-requested-with', 'XMLHttpRequest']))
  no({ header: { 'X-A': true } }, get('/', ['x-b', '1']))
  yes({ cookie: { session: true } }, get('/', ['Cookie', 'a=1; session=2']))
  yes({ cookie: { lang: 'de*' } }, get('/', ['Cookie', 'a=1', 'cookie', 'lang=de-AT']))
  no({ cookie: { session: true } }, get('/', ['Cookie', 'a=session; xsession=1']))
  yes({ path: ['/a', '/b'], method: 'GET' }, get('/b'))
  no({ path: ['/a', '/b'], method: 'PUT' }, get('/b'))
})

test('what rules read of a request is told', () => {
  const { reads } = rulesOf([
    { match: { path: '/a', cookie: { s: true } }, cache: { bypass: true } },
    { match: { header: { 'X-B': '1' } }, cache: { bypass: true } },
  ])
  assert.deepEqual(reads, { method: false, host: false, target: true, fields: new Set(['cookie', 'x-b']) })
})

test('fields to set and remove are merged name by name', () => {
  const { settingsFor } = rulesOf([
    { name: 'one', responseHeaders: { set: { 'X-A': '1', 'X-B': '1' }, remove: 'Server' } },
    { name: 'two', responseHeaders: { set: { 'x-a': '2', Server: 'none' }, remove: ['X-B'] } },
  ])
  const { responseHeaders, requestHeaders, why } = settingsFor(get('/'))
  assert.equal(requestHeaders, null)
  assert.deepEqual(responseHeaders?.set, ['Server', 'none', 'x-a', '2'])
  assert.deepEqual(responseHeaders.remove, new Set(['server', 'x-a', 'x-b']))
  assert.equal(why['responseHeaders.x-b'], 'two')
})

test('ignored names are tested with their stars', () => {
  const { settingsFor } = rulesOf([{ cache: { ignoredQuery: ['utm_*', 'fbclid'], ignoredCookies: '_ga*' } }])
  const { ignoresQuery, ignoresCookie } = settingsFor(get('/'))
  assert.deepEqual(
    ['utm_source', 'fbclid', 'utm', 'page'].map(name => ignoresQuery?.(name)),
    [true, true, false, false],
  )
  assert.deepEqual(
    ['_ga', '_ga_X', 'session'].map(name => ignoresCookie?.(name)),
    [true, true, false],
  )
})

test('no spelling of a path escapes a rule', () => {
  const bypassed = rulesOf([{ match: { path: '/admin/**' }, cache: { bypass: true } }])
  for (const path of [
    '/admin',
    '/admin/',
    '/admin/x/y',
    '/%61dmin/x',
    '//admin/x',
    '/./admin',
    '/x/../admin',
    '/x/%2e%2E/admin',
    '/admin?x',
  ])
    assert.equal(bypassed.settingsFor(get(path)).bypass, true, path)
  for (const path of ['/administrator', '/x/admin', '/', '/adm', '/admin/../x'])
    assert.equal(bypassed.settingsFor(get(path)).bypass, false, path)
})

test('path patterns know a star within a step from two stars over steps', () => {
  const cases: [pattern: string, yes: string[], no: string[]][] = [
    ['/', ['/'], ['/a']],
    ['/*', ['/', '/a'], ['/a/b', '/a/']],
    ['/**', ['/', '/a', '/a/b/'], []],
    ['/**/*.css', ['/a.css', '/x/y/a.css', '/.css'], ['/a.css/b', '/a.cssx']],
    ['/a/**/z', ['/a/z', '/a/b/c/z'], ['/a/zz', '/az', '/a/b/z/c']],
    ['/a*b*c', ['/abc', '/axbxbxc'], ['/ab', '/abcd']],
    ['/ü', ['/%C3%BC', '/%c3%bc'], ['/u']],
  ]
  for (const [pattern, yes, no] of cases) {
    const matches = compilePath(pattern)
    for (const path of yes) assert.equal(matches(normalPath(path)), true, `${pattern} ${path}`)
    for (const path of no) assert.equal(matches(normalPath(path)), false, `${pattern} ${path}`)
  }
})

const escape = (pattern: string) => pattern.replaceAll('.', '\\.')

test('patterns agree with the regular expressions they stand for', () => {
  const piece = fc.constantFrom('a', 'b', '*', '/', 'ab', '.')
  const words = fc.array(piece, { maxLength: 8 }).map(parts => parts.join(''))
  const text = fc.array(fc.constantFrom('a', 'b', '/', '.'), { maxLength: 10 }).map(parts => parts.join(''))
  fc.assert(
    fc.property(
      words,
      text,
      (pattern, given) =>
        compileGlob(pattern)(given) === new RegExp(`^${escape(pattern).replaceAll('*', '.*')}$`).test(given),
    ),
    { numRuns: 5000 },
  )
  const step = fc.constantFrom('**', 'a', 'b', '*', 'a*', '*b*')
  const path = fc.array(fc.constantFrom('a', 'b', 'ab', 'ba'), { maxLength: 6 }).map(steps => `/${steps.join('/')}`)
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), path, (steps, given) => {
      const parts = steps.map(each => (each === '**' ? '(?:/[^/]*)*' : `/${each.replaceAll('*', '[^/]*')}`))
      return compilePath(`/${steps.join('/')}`)(given) === new RegExp(`^${parts.join('')}$`).test(given)
    }),
    { numRuns: 5000 },
  )
})

test('the normal form of a path has itself as normal form', () => {
  const part = fc.oneof(
    fc.constantFrom('/', '.', '..', '%2e', '%2F', '%41', 'a', 'ü', '%', '%zz', '\\'),
    fc.string({ maxLength: 2 }),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), parts => {
      const once = normalPath(`/${parts.join('')}`)
      assert.equal(normalPath(once), once)
      assert.ok(once.startsWith('/') && !once.includes('//') && !/\/\.\.?(\/|$)/.test(once), once)
    }),
    { numRuns: 3000 },
  )
})

test('a pattern full of stars is answered quickly for the longest path there may be', () => {
  const matches = compilePath(`/${'*a'.repeat(60)}/**/${'*a/**/'.repeat(15)}*b`)
  const started = performance.now()
  matches(`/${'a'.repeat(8000)}`)
  matches(`/${'aa/'.repeat(2700)}`)
  assert.ok(performance.now() - started < 2000)
})

test('visitors cannot fill the memory with sets of rules', () => {
  const rules = Array.from({ length: 40 }, (_, i) => ({
    match: { header: { [`x-${i}`]: true } },
    cache: { lifetime: `${i + 1}s` },
  }))
  const { settingsFor } = rulesOf(rules)
  for (let n = 0; n < 3000; n++) {
    const fields = Array.from({ length: 12 }, (_, bit) => (n & (1 << bit) ? [`x-${bit}`, '1'] : [])).flat()
    const highest = n === 0 ? -1 : 31 - Math.clz32(n)
    assert.equal(settingsFor(get('/', fields)).lifetime, highest === -1 ? undefined : (highest + 1) * 1000)
  }
})
