// Which rules match a request, and what they amount to together.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { readConfig } from '../../src/config/read.ts'
import type { Mode } from '../../src/config/modes.ts'
import { surroundingsIn } from '../../src/config/surroundings.ts'
import { compileGlob, compilePath } from '../../src/http/pattern.ts'
import { normalPath } from '../../src/http/path.ts'
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
  const { settingsFor, kindOf } = rulesOf([])
  const settings = settingsFor(get('/'))
  assert.equal(settings, settingsFor(get('/other')))
  assert.equal(settings.bypass, false)
  assert.equal(settings.lifetime, undefined)
  assert.equal(settings.ignoresQuery?.('page'), false)
  assert.deepEqual({ ...settings.why }, {})
  assert.equal(kindOf, null)
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

test('a rule that matches by the response is settled when that is there, and says nothing before', () => {
  const { settingsFor } = rulesOf([
    { name: 'all', cache: { lifetime: '10s' } },
    { name: 'gone', match: { status: ['404', 410] }, cache: { lifetime: '1s' } },
    { name: 'html', match: { contentType: 'text/*', status: '2xx' }, responseHeaders: { set: { 'X-A': '1' } } },
  ])
  const settings = settingsFor(get('/'))
  assert.deepEqual([settings.lifetime, settings.responseHeaders, settings.isSettled], [10_000, null, false])
  const gone = settings.onResponse!(404, 'text/html')
  assert.deepEqual(
    [gone.lifetime, gone.why['lifetime'], gone.responseHeaders, gone.isSettled],
    [1000, 'gone', null, true],
  )
  const html = settings.onResponse!(200, 'Text/HTML; charset=utf-8')
  assert.deepEqual([html.lifetime, html.responseHeaders?.set], [10_000, ['X-A', '1']])
  assert.equal(settings.onResponse!(200, undefined).responseHeaders, null)
  assert.equal(settings.onResponse!(204, 'text/css'), html, 'the same rules, the same object')
  assert.equal(html.onResponse!(410, ''), settings.onResponse!(410, 'text/html'), 'it can be settled anew')
})

test('a rule for a kind of file says how long it lasts only where the response is of that kind', () => {
  const { settingsFor } = rulesOf([
    {
      match: { path: ['/**/*.css', '/**/*.PNG', '/assets/**'] },
      cache: { lifetime: '1h', ignoredCookies: ['*'], bypass: false },
      responseHeaders: { set: { 'X-A': '1' } },
    },
  ])
  const css = settingsFor(get('/account/x.css'))
  assert.deepEqual(
    [css.lifetime, css.ignoresCookie?.('sid'), css.responseHeaders?.set],
    [undefined, true, ['X-A', '1']],
  )
  const lifetimes = ['text/css', 'image/png', 'text/html', undefined].map(type => css.onResponse!(200, type).lifetime)
  assert.deepEqual(lifetimes, [3_600_000, 3_600_000, undefined, undefined])
  const asset = settingsFor(get('/assets/x'))
  assert.deepEqual([asset.lifetime, asset.onResponse], [3_600_000, null])
})

test('what a rule keys is known for every request to the target, whether or not its fields match', () => {
  const { settingsFor } = rulesOf([
    { name: 'beta', match: { path: '/home', cookie: { beta: true } }, cache: { lifetime: '9s' } },
    { name: 'members', match: { cookie: { sid: true } }, cache: { bypass: true } },
    { match: { path: '/shop/**' }, cache: { keyedHeaders: ['X-Country'], keyedCookies: 'currency' } },
  ])
  const keyed = (path: string, fields: string[] = []) => settingsFor(get(path, fields)).keyed
  assert.equal(keyed('/', ['cookie', 'sid=1']), null, 'a bypass alone needs no key')
  assert.deepEqual(keyed('/home'), { names: ['breakwater-rules'], rules: '' })
  assert.match(keyed('/home', ['cookie', 'beta=1'])!.rules, /^beta-[0-9a-f]{16}$/)
  assert.deepEqual(keyed('/shop/a'), { names: ['cookie;currency', 'x-country'], rules: '' })
})

test('a session cookie is one whatever else is said of it, and a keyed one is none', () => {
  const cache = { ignoredCookies: ['*'], sessionCookies: ['sid'], keyedCookies: ['lang'] }
  const { ignoresCookie, dropsCookie, isSession } = rulesOf([{ cache }]).settingsFor(get('/'))
  const say = (name: string) => [ignoresCookie?.(name), dropsCookie?.(name), isSession?.(name)]
  assert.deepEqual(['sid', 'other'].map(say), [
    [false, false, true],
    [true, true, false],
  ])
  const keyed = rulesOf([{ cache: { keyedCookies: ['lang'] } }]).settingsFor(get('/'))
  assert.deepEqual(
    [keyed.ignoresCookie?.('lang'), keyed.ignoresCookie?.('sid'), keyed.dropsCookie],
    [true, false, null],
  )
})

test('a response that sets a cookie is nobody’s own only where a rule ignores it by name', () => {
  const cache = { ignoredCookies: ['*', '_ga*', 'sid'], sessionCookies: ['sid'], keyedCookies: ['lang'] }
  const { ignoresSetCookie } = rulesOf([{ cache }]).settingsFor(get('/'))
  assert.deepEqual(
    ['_ga_x', 'sid', 'lang', 'other'].map(name => ignoresSetCookie?.(name)),
    [true, false, false, false],
  )
  assert.equal(rulesOf([{ cache: { ignoredCookies: '*' } }]).settingsFor(get('/')).ignoresSetCookie, null)
})

test('requests are told apart by what rules make of their header, and not where no rule looks at it', () => {
  assert.equal(rulesOf([{ match: { path: '/a', query: { q: true } }, cache: { bypass: true } }]).kindOf, null)
  const { kindOf } = rulesOf([
    { match: { path: '/a', cookie: { s: true } }, cache: { bypass: true } },
    { match: { header: { 'X-B': '1' } }, cache: { sessionCookies: 'sid*' } },
  ])
  const kinds = [[], ['cookie', 's=1'], ['x-b', '1'], ['x-b', '2', 'accept', '*/*'], ['cookie', 'a=1; sid2=2']]
  assert.deepEqual(
    kinds.map(fields => kindOf?.(fields)),
    ['000', '100', '010', '000', '001'],
  )
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

test('no spelling of a path that means the same escapes a rule', () => {
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
  for (const path of ['/administrator', '/x/admin', '/', '/adm', '/admin/../x', '/ADMIN', '/admin;x', '/admin%2fx'])
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
