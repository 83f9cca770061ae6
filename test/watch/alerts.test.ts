// What is told when, and what is kept quiet: the book of alerts fed second by second, and the messages as they arrive.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { AlertBook } from '../../src/watch/alerts/book.ts'
import { Budget } from '../../src/watch/alerts/burn.ts'
import { conditionNames, conditions } from '../../src/watch/alerts/conditions.ts'
import type { Sight } from '../../src/watch/alerts/conditions.ts'
import { quiet } from '../../src/watch/alerts/onset.ts'
import { certificatesOf } from '../../src/watch/alerts/sight.ts'
import { Sender } from '../../src/watch/alerts/sender.ts'
import type { Message } from '../../src/watch/alerts/sender.ts'
import { makeCertificate } from '../fixtures/certificate.ts'
import { configOf } from '../supervisor/fixtures/process.ts'
import { until } from '../fixtures/until.ts'
import { read } from '../tidy/tree.ts'

const well: Sight = {
  requests: 100,
  lost: 0,
  onset: quiet,
  budget: { burns: () => false },
  objective: 0.999,
  apdex: [{ site: 'main', apdex: 0.98 }],
  origins: [{ url: 'http://o.test', state: 'up', ailing: false }],
  waiting: 0,
  limit: 64,
  diskFree: 0.5,
  died: [],
  notReady: [],
  copyOff: null,
  owed: [],
  planFailed: null,
  configRefused: false,
  journal: { waiting: 10, most: 1000, open: true, why: null, bytes: 1, mostBytes: 1000, free: 1000, spare: 100 },
  certificates: [{ names: 'DNS:www.example.org', days: 60, isLate: false }],
  lostNodes: [],
  unprepared: [],
  line: 0.5,
}

/** What was told in each second, as "+name" and "-name". */
function told(book: AlertBook, seconds: number, sight: Partial<Sight>, planned = false): string[] {
  return Array.from({ length: seconds }, () => {
    const news = book.look({ ...well, ...sight }, 0, planned)
    return [
      ...(news?.fired ?? []).map(({ name }) => `+${name}`),
      ...(news?.resolved ?? []).map(({ name }) => `-${name}`),
    ].join()
  })
}
const saidIn = (seconds: string[]): string[] => seconds.filter(each => each !== '')

test('each condition is told within five seconds, once, and is over after half a minute of calm', () => {
  const matters: Partial<Record<(typeof conditionNames)[number], Partial<Sight>>> = {
    spike: { onset: { ...quiet, alarm: 'spike' } },
    silence: { onset: { ...quiet, alarm: 'silence' } },
    loss: { lost: 2 },
    'burn-fast': { budget: { burns: times => times > 10 } },
    'burn-slow': { budget: { burns: times => times < 10 } },
    apdex: { apdex: [{ site: 'main', apdex: 0.4 }] },
    'origin-down': { origins: [{ url: 'http://o.test', state: 'down', ailing: false }] },
    'origin-ailing': { origins: [{ url: 'http://o.test', state: 'up', ailing: true }] },
    queue: { waiting: 100 },
    disk: { diskFree: 0.05 },
    journal: { journal: { ...well.journal!, waiting: 900 } },
    certificate: { certificates: [{ names: 'DNS:www.example.org', days: 13.5, isLate: true }] },
    line: { line: 0.95 },
    'copy-off': { copyOff: 'the disk is full' },
    restarted: { died: ['core'] },
    'not-ready': { notReady: ['No origin is up.'] },
    'not-prepared': { unprepared: ['Draw: "warm /" is not done.'] },
    'not-undone': { owed: ['Draw: "pause" is still not undone.'] },
    'plan-failed': { planFailed: 'the disk is full' },
    'node-lost': { lostNodes: ['c is lost and holds 2 of 30 at http://10.0.0.9'] },
    'config-refused': { configRefused: true },
  }
  assert.deepEqual(Object.keys(matters), conditionNames)
  for (const [name, sight] of Object.entries(matters)) {
    const book = new AlertBook()
    assert.deepEqual(saidIn(told(book, 10, {})), [])
    const during = told(book, 60, sight)
    assert.deepEqual(saidIn(during), [`+${name}`])
    assert.ok(during.indexOf(`+${name}`) < 4, `${name} in second ${during.indexOf(`+${name}`) + 1}`)
    assert.deepEqual(saidIn(told(book, 29, {})), [])
    assert.deepEqual(told(book, 1, {}), [`-${name}`])
    assert.equal(book.past[0]?.name, name)
  }
})

test('what begins together is told together, and what flickers is one alert', () => {
  const book = new AlertBook()
  assert.deepEqual(saidIn(told(book, 3, { died: ['core'], configRefused: true })), ['+restarted,+config-refused'])
  for (let i = 0; i < 10; i++) {
    assert.deepEqual(saidIn(told(book, 5, {})), [])
    assert.deepEqual(saidIn(told(book, 5, { died: ['core'], configRefused: true })), [])
  }
})

test('a planned window keeps the alarm for a spike quiet, and no other', () => {
  const spike = { onset: { ...quiet, alarm: 'spike' as const } }
  const book = new AlertBook()
  assert.deepEqual(saidIn(told(book, 60, spike, true)), [])
  assert.deepEqual(saidIn(told(book, 60, { ...spike, lost: 5 }, true)), ['+loss'])
})

test('a certificate is told of two weeks before its end, and by the names in it', context => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-certificate-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const { chain, key } = makeCertificate(folder, 'shop', ['shop.test'])
  const [pem, secret] = [readFileSync(chain, 'utf8'), { secret: readFileSync(key, 'utf8'), from: 'a test' }]
  const { tls, ...others } = configOf()
  const [found] = certificatesOf(
    { ...others, tls: { ...tls, certificates: [{ chain: pem, key: secret }] } },
    Date.now(),
  )
  assert.ok(found !== undefined && found.days > 0.9 && found.days < 1.1)
  const text = conditions.certificate.holds({ ...well, certificates: [found] })
  assert.equal(text, 'that of DNS:shop.test ends in 0 days')
  const closed = conditions.journal.holds({ ...well, journal: { ...well.journal!, open: false, why: 'ENOSPC' } })
  assert.equal(closed, 'The journal is closed: ENOSPC.')
  const journal = { ...well.journal!, mostBytes: 2 ** 30, free: 2 ** 40, spare: 2 ** 28 }
  const tells = (seen: Partial<typeof journal>) =>
    conditions.journal.holds({ ...well, journal: { ...journal, ...seen } })
  assert.equal(tells({}), null)
  assert.match(tells({ bytes: 2 ** 30 - 1 }) ?? '', /^Collected forms take 1024 MiB on disk, of 1024 MiB at most/)
  assert.match(tells({ free: 2 ** 28 + 1 }) ?? '', /^256 MiB of the disk are free; with less than 256 MiB no form/)
})

test('a budget burns slowly where six hours and half an hour say so, below what burns fast', () => {
  const budget = new Budget()
  const play = (seconds: number, lost: number): void => {
    for (let i = 0; i < seconds; i++) budget.add(100, lost)
  }
  play(6 * 3600, 0.5)
  assert.equal(budget.burns(6, [21_600, 1800], 0.999), false, '5 times what is allowed')
  play(6 * 3600, 0.7)
  assert.equal(budget.burns(6, [21_600, 1800], 0.999), true, '7 times')
  assert.equal(budget.burns(14.4, [3600, 300], 0.999), false)
  play(1900, 0)
  assert.equal(budget.burns(6, [21_600, 1800], 0.999), false, 'it is over')
})

const NOW = 1_800_000_000
const row = (at: number, lost: number, gone = 0) => ({ at, requests: 100, lost, gone })
/** Rows of ten seconds from so many seconds before now to so many. */
const kept = (from: number, to: number, lost: number, gone = 0) =>
  Array.from({ length: (to - from) / 10 }, (_, i) => row(NOW + from + i * 10, lost, gone))
const burnsWith = (rows: ReturnType<typeof row>[]): boolean[] => {
  const budget = new Budget()
  budget.remember(rows, NOW)
  return [budget.burns(14.4, [3600, 300], 0.999), budget.burns(6, [21_600, 1800], 0.999)]
}

test('a budget goes on over a restart: what was kept counts, a gap is quiet, what is older than six hours is forgotten', () => {
  assert.deepEqual(burnsWith(kept(-7200, 0, 2)), [true, true])
  assert.deepEqual(burnsWith(kept(-7200, 0, 2, 2)), [false, false], 'who left by themselves is no loss')
  assert.deepEqual(burnsWith(kept(-7200, -400, 2)), [false, true], 'the last five minutes were quiet')
  assert.deepEqual(burnsWith(kept(-90_000, -25_000, 50)), [false, false])
  const budget = new Budget()
  budget.remember(kept(-3600, -600, 3), NOW)
  assert.deepEqual(budget.over(3600), { requests: 300_000, lost: 9000 })
  assert.deepEqual(budget.over(300), { requests: 0, lost: 0 })
})

test('a budget burns fast only where the last hour and the last five minutes say so', () => {
  const budget = new Budget()
  const play = (seconds: number, lost: number): void => {
    for (let i = 0; i < seconds; i++) budget.add(100, lost)
  }
  play(7200, 0)
  play(60, 50)
  assert.equal(budget.burns(14.4, [3600, 300], 0.999), false, 'a minute is not yet 1.44% of an hour')
  play(60, 50)
  assert.equal(budget.burns(14.4, [3600, 300], 0.999), true)
  assert.deepEqual(budget.over(120), { requests: 12_000, lost: 6000 })
  play(310, 0)
  assert.equal(budget.burns(14.4, [3600, 300], 0.999), false, 'it is over')
  play(6 * 3600, 0)
  assert.equal(budget.over(6 * 3600).lost, 0)
})

test('the webhook is signed, the command reads the same, and a channel that fails is tried again and then told of', async context => {
  const got: { headers: IncomingHttpHeaders; body: string }[] = []
  let refusals = 2
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      if (request.url === '/slack' || refusals-- > 0) response.statusCode = 500
      else got.push({ headers: request.headers, body })
      response.end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-alerts-'))
  context.after(() => {
    rmSync(folder, { recursive: true })
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const file = join(folder, 'message')
  const logged: string[] = []
  const sender = new Sender(
    (_, event, detail) => void logged.push(`${event} ${String(detail?.['channel'])}`),
    [1, 1, 1],
  )
  const { alerts, mail } = configOf()
  const more = {
    ...alerts,
    webhook: { url, secret: { secret: 'sixteen characters', from: 'a test' } },
    slack: { secret: `${url}/slack`, from: 'a test' },
    command: ['sh', '-c', `cat > ${file}`],
  }
  sender.configure({ alerts: more, mail })
  const alert = {
    name: 'loss',
    severity: 'page',
    text: 'much is lost',
    advice: 'look',
    since: 1_000,
    until: null,
  } as const
  const message: Message = { kind: 'alert', sites: ['main'], at: 1_700_000_000_000, fired: [alert], resolved: [] }
  sender.say(message)
  await until('all have been tried', () => got.length === 1 && logged.length === 1)
  const [{ headers, body } = { headers: {}, body: '' }] = got
  const v1 = createHmac('sha256', 'sixteen characters').update(`1700000000.${body}`).digest('hex')
  assert.equal(headers['breakwater-signature'], `t=1700000000,v1=${v1}`)
  assert.deepEqual(JSON.parse(body), message)
  await until('the command has read it', () => readFileSync(file, { flag: 'a+', encoding: 'utf8' }) === body)
  assert.deepEqual(logged, ['alert-not-sent slack'])
  assert.deepEqual(
    (await sender.test(message)).map(({ channel, error }) => [channel, error === null]),
    [
      ['webhook', true],
      ['slack', false],
      ['command', true],
    ],
  )
})

test('the guide explains every alert, and no other', () => {
  const explained = [...read('docs/guides/watch.md').matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, name]) => name!)
  assert.deepEqual(explained, conditionNames)
})
