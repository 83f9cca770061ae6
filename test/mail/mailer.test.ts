// Letters as they reach a real mail server: whole, once, from the right sender, with a password only where nobody listens in.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { contradictions } from '../../src/config/check.ts'
import { readConfig } from '../../src/config/read.ts'
import { Mailer } from '../../src/mail/mailer.ts'
import { Sender } from '../../src/watch/alerts/sender.ts'
import type { Message } from '../../src/watch/alerts/sender.ts'
import { makeCertificate } from '../fixtures/certificate.ts'
import { Mailbox } from '../fixtures/mailbox.ts'
import { until } from '../fixtures/until.ts'
import { configOf } from '../supervisor/fixtures/process.ts'

const from = 'breakwater@example.net'
const mailFor = (box: Mailbox, more: { user?: string; password?: string } = {}) => ({
  ...{ server: `smtp://127.0.0.1:${box.port}`, from, user: more.user },
  password: more.password === undefined ? undefined : { secret: more.password, from: 'a test' },
})

test('a letter arrives whole, under the number it was given, and says that no person wrote it', async () => {
  await using box = await Mailbox.start()
  const mailer = new Mailer(mailFor(box))
  await mailer.send({
    to: 'ops@example.org',
    subject: 'Größer als sonst',
    text: 'One line.\n.\nTwo lines.\n',
    id: 'loss.7',
  })
  mailer.close()
  const [letter] = box.letters
  assert.equal(letter?.from, from)
  assert.deepEqual(letter?.to, ['ops@example.org'])
  assert.match(letter.raw, /^Message-ID: <loss\.7@example\.net>$/m)
  assert.match(letter.raw, /^Auto-Submitted: auto-generated$/m)
  assert.match(letter.raw, /One line\.\n\.\nTwo lines\./)
})

test('a subject with a line end in it adds no field', async () => {
  await using box = await Mailbox.start()
  const mailer = new Mailer(mailFor(box))
  await mailer.send({ to: 'ops@example.org', subject: 'a\r\nBcc: all@example.org', text: 'b' })
  mailer.close()
  assert.deepEqual(box.letters[0]?.to, ['ops@example.org'])
  assert.doesNotMatch(box.letters[0].raw, /^Bcc:/m)
})

test('the server asks for a password and gets it; a wrong one is told as the server says it', async () => {
  await using box = await Mailbox.start({ user: 'breakwater', password: 'open sesame' })
  const right = new Mailer(mailFor(box, { user: 'breakwater', password: 'open sesame' }))
  await right.send({ to: 'ops@example.org', subject: 'a', text: 'b' })
  assert.equal(box.letters[0]?.user, 'breakwater')
  const wrong = new Mailer(mailFor(box, { user: 'breakwater', password: 'sesame' }))
  await assert.rejects(wrong.send({ to: 'ops@example.org', subject: 'a', text: 'b' }), /535 not that password/)
  right.close()
  wrong.close()
})

test('a server that offers encryption gets the letter encrypted; one whose certificate is not to be trusted gets none', async context => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-mail-'))
  context.after(() => rmSync(folder, { recursive: true }))
  const { chain, key } = makeCertificate(folder, 'mailbox', ['localhost'])
  await using box = await Mailbox.start({ tls: { key: readFileSync(key, 'utf8'), cert: readFileSync(chain, 'utf8') } })
  const mailer = new Mailer({ ...mailFor(box), server: `smtp://localhost:${box.port}` })
  await assert.rejects(mailer.send({ to: 'ops@example.org', subject: 'a', text: 'b' }), /self-signed|self signed/)
  mailer.close()
  assert.equal(box.letters.length, 0)
  // Whoever is told to trust the certificate is a process of its own, since Node reads that at its start.
  const program = `
    import { Mailer } from ${JSON.stringify(new URL('../../src/mail/mailer.ts', import.meta.url).href)}
    const mailer = new Mailer({ server: 'smtp://localhost:${box.port}', from: '${from}' })
    await mailer.send({ to: 'ops@example.org', subject: 'a', text: 'b' })
    mailer.close()`
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: chain }
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], { env })
  assert.deepEqual(
    box.letters.map(({ encrypted }) => encrypted),
    [true],
  )
})

test('each address of the alerts gets a letter of its own: one that is refused holds up no other, one that is busy is tried again', async () => {
  await using box = await Mailbox.start({ busyFor: 1, unknown: ['gone@example.org'] })
  const logged: string[] = []
  const sender = new Sender(
    (_, event, detail) => void logged.push(`${event} ${String(detail?.['channel'])}`),
    [1, 1, 1],
  )
  const config = configOf({
    mail: { server: `smtp://127.0.0.1:${box.port}`, from },
    alerts: { email: ['ops@example.org', 'gone@example.org'] },
  })
  sender.configure(config)
  const about = { name: 'loss', severity: 'page', text: 'much is lost', advice: 'look', since: 1_000 } as const
  const message: Message = {
    kind: 'alert',
    sites: ['shop'],
    at: 2_000,
    fired: [{ ...about, until: null }],
    resolved: [],
  }
  sender.say(message)
  await until(
    'it has come to the one, and was given up for the other',
    () => box.letters.length === 1 && logged.length === 1,
  )
  sender.say({ ...message, at: 60_000, fired: [], resolved: [{ ...about, until: 60_000 }] })
  await until('the end has come too', () => box.letters.length === 2 && logged.length === 2)
  const subjects = box.letters.map(({ raw }) => /^Subject: (.*)$/m.exec(raw)?.[1])
  assert.deepEqual(subjects, ['loss (shop)', 'over: loss (shop)'])
  assert.match(box.letters[0]!.raw, /loss: much is lost look/)
  assert.deepEqual(new Set(logged), new Set(['alert-not-sent email gone@example.org']))
  const tested = await sender.test({ ...message, kind: 'test', fired: [] })
  assert.deepEqual(
    tested.map(({ channel, error }) => [channel, error === null]),
    [
      ['email ops@example.org', true],
      ['email gone@example.org', false],
    ],
  )
  sender.configure(configOf())
})

test('a config that wants mail without a server for it, or a user without a password, is refused', () => {
  const machine = { env: {}, memory: 2 ** 30, cpus: 2, resolvePath: (path: string) => path, readFile: () => '' }
  const problems = (given: object): string[] => {
    const { config, problems } = readConfig({ sites: [{ origins: ['http://127.0.0.1:9'] }], ...given }, machine)
    const all = [...problems, ...(config === undefined ? [] : contradictions(config))]
    return all.map(({ path, message }) => `${path.join('.')}: ${message}`)
  }
  assert.deepEqual(problems({ alerts: { email: 'ops@example.org' } }), [
    'alerts.email: mail needs `mail.server` and `mail.from`',
  ])
  assert.deepEqual(problems({ mail: { user: 'me' } }), [
    'mail: `user` and `password` belong together; one of them is missing',
  ])
  for (const wrong of ['mail.example.net', 'https://mail.example.net', 'smtp://me:secret@mail.example.net', 'smtp://'])
    assert.equal(problems({ mail: { server: wrong, from } }).length, 1, wrong)
  for (const wrong of ['me', 'me@', 'a b@example.net', 'a@b, c@d', '"x" <a@b>'])
    assert.equal(problems({ mail: { from: wrong } }).length, 1, wrong)
})
