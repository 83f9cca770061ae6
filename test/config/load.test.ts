// Loading a config: from YAML, JSON, a module or the command line alone; every error at its place; all of them at once.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import * as fc from 'fast-check'
import type { ConfigError } from '../../src/config/errors.ts'
import { jsonFault } from '../../src/config/json.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { FailedConfig, LoadedConfig } from '../../src/config/load.ts'
import type { CommandLine } from '../../src/config/flags.ts'
import { parseSource } from '../../src/config/source.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwater-config-'))
after(() => rmSync(folder, { recursive: true }))
let made = 0

const write = (text: string, name = `${++made}.yaml`): string => {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

async function good(text: string, name?: string, commandLine?: CommandLine): Promise<LoadedConfig> {
  const loaded = await loadConfig({ file: write(text, name), cwd: folder, commandLine })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded
}

async function bad(text: string, name?: string, commandLine?: CommandLine): Promise<readonly ConfigError[]> {
  const loaded = await loadConfig({ file: write(text, name), cwd: folder, commandLine })
  assert.ok(!loaded.ok, 'the config was taken')
  return (loaded satisfies FailedConfig).errors
}

const only = async (text: string, name?: string): Promise<ConfigError> => {
  const errors = await bad(text, name)
  assert.equal(errors.length, 1, JSON.stringify(errors))
  return errors[0]!
}

const SITE = 'sites: [{ origins: http://127.0.0.1:3000 }]\n'

test('an origin on the command line is a whole config', async () => {
  const loaded = await loadConfig({
    cwd: folder,
    commandLine: { origins: ['http://127.0.0.1:3000', 'https://named.example'] },
  })
  assert.ok(loaded.ok)
  const { config } = loaded
  assert.deepEqual(config.listen, [{ host: '0.0.0.0', port: 8080 }])
  assert.deepEqual(config.admin.listen, { host: '127.0.0.1', port: 9900 })
  assert.ok(config.edges >= 1 && config.cache.memory >= 2 ** 24)
  assert.equal(config.data, join(folder, '.breakwater'))
  const [site] = config.sites
  assert.equal(site!.name, 'main')
  assert.deepEqual(site!.hosts, ['*'])
  assert.deepEqual(
    site!.origins.map(({ host, sni, concurrency }) => ({ host, sni, concurrency })),
    [
      { host: null, sni: null, concurrency: 'auto' },
      { host: 'named.example', sni: 'named.example', concurrency: 'auto' },
    ],
  )
  assert.deepEqual(loaded.warnings, [])
})

test('a method and a path may stand in one line for all of match', async () => {
  const { config } = await good('sites: [{ origins: http://x, rules: [{ match: POST /a/*/b }, { match: /c/** }] }]')
  assert.deepEqual(
    config.sites[0]!.rules.map(({ match: { method, path } }) => ({ method, path })),
    [
      { method: ['POST'], path: ['/a/*/b'] },
      { method: undefined, path: ['/c/**'] },
    ],
  )
})

test('a config survives the post to another thread unchanged', async () => {
  const { config } = await good(
    `${SITE}admin: { token: { file: token } }`.replace('token }', `${write('a'.repeat(20), 'token')} }`),
  )
  assert.deepEqual(structuredClone(config), config)
})

test('flags go before the file, and errors in them are said to be theirs', async () => {
  const loaded = await good(
    `${SITE}listen: :1\nadmin: { listen: 127.0.0.1:2, hosts: [a.example] }\ndata: d`,
    undefined,
    {
      listen: ['127.0.0.1:3'],
      admin: '127.0.0.1:4',
      edges: '2',
    },
  )
  assert.deepEqual(loaded.config.listen, [{ host: '127.0.0.1', port: 3 }])
  assert.equal(loaded.config.admin.listen.port, 4)
  assert.deepEqual(loaded.config.admin.hosts, ['a.example'])
  assert.equal(loaded.config.edges, 2)
  assert.equal(loaded.config.data, join(folder, 'd'))
  assert.equal(loaded.origin(['listen']), 'command line')
  assert.equal(loaded.origin(['admin', 'hosts']), 'line 3')
  assert.equal(loaded.origin(['limits', 'spool']), 'default')
  const [error] = await bad(SITE, undefined, { edges: 'many' })
  assert.equal(error!.file, 'command line')
  assert.equal(error!.line, undefined)
})

test('origins in two places are refused rather than guessed at', async () => {
  const [error] = await bad(SITE, undefined, { origins: ['http://x.example'] })
  assert.equal(error!.code, 'origins-twice')
})

test('all errors are told at once, from top to bottom, each with line and column', async () => {
  const errors = await bad(
    [
      'lisen: :80',
      'limits: { headTimeout: 10 }',
      'sites:',
      '  - origins: [ftp://x]',
      '  - { name: a, origins: http://x.example }',
      '  - { name: a, origins: [] }',
      '  - { name: a, hosts: h.example, origins: http://y.example }',
    ].join('\n'),
  )
  assert.deepEqual(
    errors.map(({ code, line, column, path }) => [code, line, column, path]),
    [
      ['unknown-option', 1, 1, 'lisen'],
      ['no-unit', 2, 24, 'limits.headTimeout'],
      ['bad-url', 4, 15, 'sites[0].origins[0].url'],
      ['no-origin', 6, 25, 'sites[2].origins'],
      ['duplicate-name', 7, 13, 'sites[3].name'],
    ],
  )
  assert.equal(errors[0]!.nearest, 'listen')
})

test('an option in the wrong group is told where it belongs', async () => {
  assert.equal((await only(`${SITE}drain: 5s`)).nearest, 'shutdown.drain')
  assert.equal((await only(`${SITE}limits: { maxBody: 1 MiB }`)).nearest, 'cache.maxBody')
})

test('each way of being wrong has its own code', async () => {
  const cases: [text: string, code: string][] = [
    ['', 'no-site'],
    ['sites: []', 'no-site'],
    ['- 1', 'wrong-type'],
    ['just words', 'wrong-type'],
    ['sites: [{}]', 'no-origin'],
    ['sites: [{ origins: [{}] }]', 'missing-option'],
    ['sites: [{ origins: http://u:p@x }]', 'bad-url'],
    ['sites: [{ origins: [http://x, http://x] }]', 'duplicate-origin'],
    ['sites: [{ name: a, hosts: a, origins: http://x }, { name: b, hosts: A, origins: http://x }]', 'duplicate-host'],
    [`${SITE}listen: [:80, :80]`, 'contradiction'],
    [`${SITE}listen: 127.0.0.1:9900`, 'contradiction'],
    [`${SITE}limits: { targetBytes: 64 KiB }`, 'contradiction'],
    [`${SITE}proxies: { trusted: 10.0.0.0/33 }`, 'bad-cidr'],
    [`${SITE}admin: { token: secret }`, 'plain-secret'],
    [`${SITE}admin: { token: { env: BREAKWATER_NOT_SET } }`, 'secret-unreadable'],
    [`${SITE}admin: { token: { file: ./nowhere } }`, 'secret-unreadable'],
    [`${SITE}listen: :80\nlisten: :81`, 'duplicate-key'],
    [`${SITE}__proto__: { a: 1 }`, 'unknown-option'],
    [`${SITE}constructor: 1`, 'unknown-option'],
    ['sites: [{ origins: http://x, origin: { tls: { ca: nowhere.pem } } }]', 'file-unreadable'],
    ['sites: [{ origins: http://x, rules: [{ name: a }, { name: a }] }]', 'duplicate-name'],
    [
      'sites: [{ origins: http://x, rules: { cache: { lifetimeFloor: 2s, lifetimeCeiling: { spike: 1s } } } }]',
      'contradiction',
    ],
    ['sites: [{ origins: http://x, rules: { match: { path: "*.css" } } }]', 'bad-pattern'],
    ['sites: [{ origins: http://x, rules: { match: POST *.css } }]', 'bad-pattern'],
    ['sites: [{ origins: http://x, rules: { match: POST /a**b } }]', 'bad-pattern'],
    ['a: [', 'syntax'],
    ['a: !!js/function x', 'syntax'],
    ['a: 1\n---\nb: 2', 'syntax'],
    ['['.repeat(100_000), 'syntax'],
    ['- '.repeat(100_000), 'syntax'],
    ['? '.repeat(50_000), 'syntax'],
    ['#'.repeat(2 ** 20 + 1), 'too-large'],
    [
      `a: &a [${'x,'.repeat(50)}x]\nb: &b [${'*a,'.repeat(50)}*a]\nc: &c [${'*b,'.repeat(50)}*b]\nd: [${'*c,'.repeat(50)}*c]`,
      'alias-bomb',
    ],
  ]
  for (const [text, code] of cases) {
    const errors = await bad(text)
    assert.ok(
      errors.some(error => error.code === code),
      `${text.slice(0, 80)}: ${JSON.stringify(errors).slice(0, 300)}, wanted ${code}`,
    )
  }
})

test('a file that is not there or cannot be read is an answer, not an exception', async () => {
  for (const [file, code] of [
    ['nowhere.yaml', 'not-found'],
    ['nowhere.config.ts', 'not-found'],
    ['.', 'unreadable'],
  ] as const) {
    const loaded = await loadConfig({ file, cwd: folder })
    assert.ok(!loaded.ok)
    assert.equal(loaded.errors[0]!.code, code)
  }
})

test('JSON is JSON, with positions, and may name its schema', async () => {
  const { config } = await good('{ "$schema": "./x.json", "sites": [{ "origins": ["http://x.example"] }] }', 'a.json')
  assert.equal(config.sites[0]!.origins[0]!.url.href, 'http://x.example')
  const wrong = await only('{\n  "sites": [{ "origins": ["http://x.example"], "mode": "calm" }]\n}', 'b.json')
  assert.deepEqual([wrong.code, wrong.line, wrong.column], ['bad-value', 2, 56])
  const yaml = await only('{\n  "sites": [],\n  edges: 1\n}', 'c.json')
  assert.deepEqual([yaml.code, yaml.line, yaml.column], ['syntax', 3, 3])
  assert.equal((await only('{"edges": 1, "edges": 2}', 'd.json')).code, 'duplicate-key')
})

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('the place where JSON stops being JSON is found wherever JSON.parse refuses', () => {
  const token = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '1',
    '-',
    '01',
    'true',
    'nul',
    ' ',
    '\n',
    '"\\u00g0"',
    '1e5',
    '"',
    '"\x7f\x80"',
  )
  const mutated = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', '"', 'x', ' '))
  const cut = mutated.map(
    ([json, at, put]) => json.slice(0, at % (json.length + 1)) + put + json.slice((at % (json.length + 1)) + 1),
  )
  const texts = fc.oneof(
    fc.json(),
    cut,
    fc.array(token, { maxLength: 8 }).map(parts => parts.join('')),
  )
  fc.assert(
    fc.property(texts, text => (jsonFault(text) === undefined) === isJson(text)),
    { numRuns: 5000 },
  )
  assert.deepEqual(jsonFault('{"a": }'), { offset: 6, expected: 'a value' })
})

test('a module is loaded anew each time, with what it imports', async () => {
  write('export const origin: string = "http://one.example"', 'shared.ts')
  const file = write(
    'import { defineConfig } from "breakwater"\nimport { origin } from "./shared.ts"\nexport default defineConfig({ sites: [{ origins: [origin] }] })',
    'breakwater.config.ts',
  )
  const load = async () => {
    const loaded = await loadConfig({ file, cwd: folder })
    assert.ok(loaded.ok, JSON.stringify(loaded))
    return loaded
  }
  const first = await load()
  assert.equal(first.config.sites[0]!.origins[0]!.url.href, 'http://one.example')
  assert.deepEqual(first.files, [file, join(folder, 'shared.ts')])
  write('export const origin: string = "http://two.example"', 'shared.ts')
  assert.equal((await load()).config.sites[0]!.origins[0]!.url.href, 'http://two.example')
  write('export const nothing = 1', 'breakwater.config.ts')
  assert.equal((await bad('export const nothing = 1', 'breakwater.config.ts'))[0]!.code, 'module-failed')
  assert.equal((await bad('throw new Error("no")', 'breakwater.config.ts'))[0]!.message, 'no')
  assert.equal((await bad('export default {', 'broken.config.ts'))[0]!.code, 'module-failed')
  rmSync(file)
})

test('without a name the file is looked for under its usual ones', async () => {
  const file = write(SITE, 'breakwater.yaml')
  const loaded = await loadConfig({ cwd: folder })
  assert.ok(loaded.ok)
  assert.equal(loaded.file, file)
  rmSync(file)
})

test('secrets come from the environment or a file, and both are watched or hidden', async () => {
  process.env['BREAKWATER_TEST_TOKEN'] = 'abcdefghijklmnop'
  const fromEnv = await good(`${SITE}admin: { token: { env: BREAKWATER_TEST_TOKEN } }`)
  assert.deepEqual(fromEnv.config.admin.token, { secret: 'abcdefghijklmnop', from: 'env BREAKWATER_TEST_TOKEN' })
  const file = write('0123456789abcdef\n', 'secret')
  const fromFile = await good(`${SITE}admin: { token: { file: secret } }`)
  assert.equal(fromFile.config.admin.token?.secret, '0123456789abcdef')
  assert.ok(fromFile.files.includes(file))
  const short = await bad(`${SITE}admin: { token: { file: ${write('short', 'short')} } }`)
  assert.ok(!JSON.stringify(short).includes('"short"'), 'the secret itself is not in the message')
})

test('what works but is probably not meant is a warning', async () => {
  const { warnings } = await good(
    'admin: 0.0.0.0:9900\nsites: [{ origins: https://x.example, origin: { tls: { verify: false } }, rules: [{ match: { path: / } }] }]',
  )
  assert.deepEqual(warnings.map(each => each.code).toSorted(), ['idle-rule', 'open-admin', 'unverified-origin'])
  assert.equal(warnings.find(each => each.code === 'open-admin')!.line, 1)
})

test('whatever stands in the file, loading it ends in an answer', async () => {
  const words = fc.constantFrom(
    'sites',
    'origins',
    ': ',
    '- ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    '*a',
    '&a ',
    '!!x ',
    '?',
    '|',
    '10s',
    'http://x',
    '\t',
    '<<',
    '#',
    '\0',
    '\u{FEFF}',
    '%YAML 1.2\n',
    '---',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 4 })), { maxLength: 60 }), parts => {
      const parsed = parseSource('x.yaml', parts.join(''))
      if (!Array.isArray(parsed)) parsed.locate(['sites', 0, 'origins'], 'value')
    }),
    { numRuns: 2000 },
  )
})

const withRule = (rule: string) => `sites:\n  - origins: [http://127.0.0.1:3000]\n    rules:\n      - ${rule}\n`

test('a rule that would know too late what it says is refused where it stands', async () => {
  const late = await only(withRule('{ match: { status: 404 }, cache: { ignoredCookies: [a], lifetime: 1s } }'))
  assert.deepEqual([late.code, late.path, late.line], ['contradiction', 'sites[0].rules[0].cache.ignoredCookies', 4])
  const edits = await only(withRule('{ match: { contentType: text/html }, requestHeaders: { remove: [X-A] } }'))
  assert.equal(edits.path, 'sites[0].rules[0].requestHeaders')
  const query = await only(withRule('{ match: { cookie: { a: true } }, cache: { keptQuery: [q] } }'))
  assert.match(query.message, /part of the address/)
  const wrong = await only(withRule('{ match: { status: 700 }, cache: { lifetime: 1s } }'))
  assert.deepEqual([wrong.code, wrong.path], ['bad-value', 'sites[0].rules[0].match.status'])
})

test('an event of the file that is over is told of, and one that repeats is not', async () => {
  const when = 'at: 2020-11-25 22:00, zone: America/Chicago, for: 3h'
  const { warnings } = await good(
    `${SITE}events: [{ ${when}, name: Draw }, { ${when}, name: Weekly, repeat: weekly }]\n`,
  )
  assert.deepEqual(
    warnings.map(({ code, path }) => [code, path]),
    [['past-event', 'events[0].at']],
  )
  assert.match(warnings[0]!.message, /Draw is over since Thu 2020-11-26 01:00 \(UTC-06:00\)/)
})
