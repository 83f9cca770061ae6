// The audit of a small site, as a person runs it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { AuditReport } from '../../src/audit/audit.ts'
import { callsIn } from '../../src/audit/calls.ts'
import type { Finding } from '../../src/audit/findings.ts'
import { loadConfig } from '../../src/config/load.ts'
import { Origin } from '../fixtures/origin.ts'
import { startSite } from './site.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'breakwater-audit-'))
let site: Awaited<ReturnType<typeof startSite>>
let report: AuditReport
let exit: number | null

interface Ended {
  code: number | null
  out: string
  err: string
}

async function auditAs(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, 'audit', ...args], { stdio: 'pipe', cwd: folder })
  const said = { out: '', err: '' }
  child.stdout.on('data', (bytes: Buffer) => (said.out += bytes.toString()))
  child.stderr.on('data', (bytes: Buffer) => (said.err += bytes.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...said }
}

before(async () => {
  site = await startSite()
  const { code, out } = await auditAs(
    site.url,
    '--rate',
    '100',
    '--cookie',
    'member=ada',
    '--html',
    'audit.html',
    '--json',
  )
  exit = code
  report = JSON.parse(out) as AuditReport
})

after(() => {
  site.server.close()
  rmSync(folder, { recursive: true })
})

const pageAt = (path: string): AuditReport['pages'][number] =>
  report.pages.find(page => new URL(page.url).pathname === path)!
const findingOf = (title: RegExp): Finding => {
  const found = report.findings.find(finding => title.test(finding.title))
  assert.ok(found !== undefined, `${title} is among ${report.findings.map(finding => finding.title).join(' · ')}`)
  return found
}

test('every page that is linked is visited once as one page, whatever its query', () => {
  assert.deepEqual(report.pages.map(page => new URL(page.url).pathname).toSorted(), [
    '/',
    '/big',
    '/changing',
    '/enemy',
    '/gone',
    '/login',
    '/mine',
    '/news',
    '/private',
    '/silent',
  ])
  assert.equal(report.files, 1)
})

test('what a cache would do with each page is what ours does, with the reason', () => {
  const { seconds, ...stranger } = pageAt('/news').stranger
  assert.deepEqual(stranger, { stored: true, reason: 'stored-explicit' })
  // Of its minute as much is over as it was on its way.
  assert.ok(seconds > 45 && seconds <= 60, `${seconds} s`)
  assert.equal(pageAt('/').stranger.reason, 'set-cookie')
  assert.equal(pageAt('/private').stranger.reason, 'private')
  assert.equal(pageAt('/news').returning.reason, 'request-cookie')
  assert.ok(report.storedForReturning < report.storedForStrangers)
})

test('a page that calls itself public and is not the same for a member is reported as a leak, with exit code 1', () => {
  const leak = findingOf(/everyone’s and are not/)
  assert.deepEqual([leak.kind, leak.count, exit], ['leak', 1, 1])
  assert.match(leak.where[0]!, /\/mine$/)
  assert.equal(pageAt('/private').leaks, false)
})

test('pages that differ from visit to visit are shown with the place where they do', () => {
  const { where, detail } = findingOf(/differ from visit to visit/)
  assert.deepEqual(
    where.map(url => new URL(url).pathname),
    ['/changing', '/enemy'],
  )
  assert.match(detail, /token-1.*token-2/s)
})

test('cookies, variants, calls, weight and dead links are each found', () => {
  assert.match(findingOf(/cookie _ga is set/).mend, /ignoredCookies/)
  assert.match(findingOf(/cookie wp-settings-time-1 is set/).detail, /session of WordPress/)
  assert.match(findingOf(/vary by User-Agent/).where[0]!, /\/big$/)
  assert.match(findingOf(/scripts call the site again/).detail, /\/api\/latest/)
  assert.match(findingOf(/Heavy files/).where[0]!, /\/big$/)
  assert.match(findingOf(/lead nowhere/).where[0]!, /\/gone$/)
  assert.match(findingOf(/may not keep for an hour/).where[0]!, /\/style\.css$/)
})

test('the config to begin with is one that Breakwater takes, and says what was seen', async () => {
  const file = join(folder, 'proposed.yaml')
  writeFileSync(file, report.config)
  const loaded = await loadConfig({ file })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  const [shop] = loaded.config.sites
  assert.deepEqual(shop!.presets, ['wordpress'])
  const rule = (name: RegExp) => shop!.rules.find(each => name.test(each.name))
  assert.deepEqual(rule(/one visitor/)?.match.path, ['/login/**'])
  assert.deepEqual(rule(/cookies/)?.cache.ignoredCookies, { normal: ['_ga*'], spike: ['_ga*'], frozen: ['_ga*'] })
  assert.deepEqual(rule(/nothing of their lifetime|say nothing/)?.match.path, ['/silent'])
  assert.ok(rule(/biggest hour/)?.match.path?.includes('/private'))
  assert.ok(!rule(/biggest hour/)?.match.path?.includes('/mine'), 'a page that leaks is not proposed')
})

test('the report in a terminal tells the same in order, and lets no page steer the terminal', async () => {
  const { code, out } = await auditAs(site.url, '--rate', '100', '--cookie', 'member=ada')
  assert.equal(code, 1)
  const [head, , ...lines] = out.split('\n')
  assert.match(head!, /^http:\/\/127\.0\.0\.1:\d+\/: 10 pages and 1 files seen, \d/)
  assert.match(lines[0]!, /^ {2}Pages a cache would answer for strangers +\d+%$/)
  for (const { title, count, mend, where } of report.findings) {
    assert.ok(out.includes(`(${count})\n`), title)
    assert.ok(out.includes(`  Mend: ${mend}\n`), mend)
    for (const url of where) assert.ok(out.includes(`    ${url}\n`), url)
  }
  assert.match(out, /The cookie bad·2Jname is set on pages \(1\)/)
  assert.match(out, /\nA config to begin with:\n\nsites:\n {2}- /)
  assert.doesNotMatch(out, UNSEEN)
})

test('JSON says it whole, and in letters that a terminal can be shown', async () => {
  const { out } = await auditAs(site.url, '--rate', '100', '--json')
  assert.doesNotMatch(out, UNSEEN)
  const { findings } = JSON.parse(out) as AuditReport
  assert.ok(findings.some(({ title }) => title.includes('bad\u009b2Jname')))
})

/** Control characters, marks of direction and the like, but for line breaks. */
const UNSEEN = /[^\P{C}\n]/u

test('the page is whole and has nothing of the site’s own markup in it', () => {
  const html = readFileSync(join(folder, 'audit.html'), 'utf8')
  assert.match(html, /^<!doctype html>[\s\S]*<\/html>\n$/)
  assert.doesNotMatch(html, /<input value="token/)
  assert.doesNotMatch(html, /<script/)
})

test('a site that does not answer is said to, with exit code 2', async () => {
  const { code, err } = await auditAs('http://127.0.0.1:1/')
  assert.equal(code, 2)
  assert.match(err, /http:\/\/127\.0\.0\.1:1\/ does not answer: .*ECONNREFUSED/)
})

test('calls are found by the words that send them', () => {
  const script = `fetch('/a'); $.getJSON("/b?x=1"); axios.get(\`/c\`); x.open("POST", "/d"); $.ajax({ url: '/e' }); new EventSource('/f'); fetch(there)`
  const paths = callsIn(script, 'https://site.example/').map(url => new URL(url).pathname)
  assert.deepEqual(paths.toSorted(), ['/a', '/b', '/c', '/d', '/e', '/f'])
})

test('a page that differs in the tokens of its forms alone is proposed for a spike, and one that differs otherwise is not', async () => {
  const fields = { 'content-type': 'text/html', 'cache-control': 'private' }
  const token =
    '<form method="post" action="/sign"><input type="hidden" name="ticket" value="NTH"><input name="n"></form>'
  await using origin = await Origin.start({
    '/': { fields, body: '<a href="/petition">sign</a><a href="/luck">luck</a>' },
    '/petition': ({ nth }) => ({ fields, body: token.replace('NTH', `t${nth}`) }),
    '/luck': ({ nth }) => ({ fields, body: `<b>visitor ${nth}</b>` }),
  })
  const { out } = await auditAs(`${origin.url}/`, '--rate', '100', '--json')
  const { config } = JSON.parse(out) as AuditReport
  assert.match(config, /path:\n +- \/\n +- \/petition\n +spike:\n +cache:\n +anonymous: true\n/)
})
