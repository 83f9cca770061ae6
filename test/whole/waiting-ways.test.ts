// Ways into and round a waiting room through the whole program: links, invitations, a full room, tickets that are none.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Shield } from '../fixtures/shield.ts'
import { Origin } from '../fixtures/origin.ts'
import { until } from '../fixtures/until.ts'
import { Child } from '../cli/fixtures/child.ts'
import { Guest, startRoom } from './fixtures/guest.ts'

const page = { body: 'the shop', fields: { 'cache-control': 'no-store' } }

/** Of its ticket. */
const numberOf = ({ jar }: Guest): string | undefined => jar.get('bw-ticket-main')?.split('.')[0]

async function command({ data }: Shield, ...args: string[]): Promise<string> {
  const child = Child.breakwater(['waiting-room', ...args, '--site', 'shop', '--data', data], '.')
  assert.equal(await child.ended, 0, child.stderr)
  return child.stdout.trim()
}

test('a link lets its holders by, with all the pages behind it, and a changed one nobody', async () => {
  await using origin = await Origin.start({ '/': page, '/more': page })
  await using shield = await startRoom(origin, { sessions: 1 })
  await new Guest(shield.port).ask()
  const link = new URL(await command(shield, 'link', 'http://www.example.org/more', '--for', '30min'))
  const guest = new Guest(shield.port)
  assert.equal((await guest.ask(link.pathname + link.search)).text, 'the shop')
  assert.equal(origin.of('/more').at(-1)?.target, '/more')
  assert.equal((await guest.ask('/')).status, 200)
  const forged = link.search.replace(/.$/, each => (each === 'A' ? 'B' : 'A'))
  assert.equal((await new Guest(shield.port).ask(link.pathname + forged)).status, 503)
})

test('by invitation: a code is one place, over kill -9 too, unless it is for several', async () => {
  await using origin = await Origin.start({ '/': page })
  const room = { sessions: 1, invited: true } as const
  await using first = await startRoom(origin, room)
  const [code = '', other = ''] = (await command(first, 'invite', '--count', '2')).split('\n')
  const shared = await command(first, 'invite', '--several')
  const nobody = await new Guest(first.port).ask()
  assert.match(nobody.text, /By invitation/)
  assert.equal((await new Guest(first.port).askAsProgram('/')).reason, 'invitation-needed')
  assert.equal(
    (await new Guest(first.port).askAsProgram('/?bw-invite=1-0123456789abcdef')).reason,
    'invitation-unknown',
  )
  const holder = new Guest(first.port)
  assert.equal((await holder.ask(`/?bw-invite=${code}`)).text, 'the shop')
  const again = { fields: { 'user-agent': 'another' } }
  assert.match((await new Guest(first.port).ask(`/?bw-invite=${code}`, again)).text, /has been used already/)
  const [waiting, same] = [new Guest(first.port), new Guest(first.port)]
  await waiting.ask(`/?bw-invite=${other}`)
  await same.ask(`/?bw-invite=${other}`)
  assert.ok(numberOf(waiting))
  assert.equal(numberOf(same), numberOf(waiting), 'the same browser without its cookies has the same place')
  const several = [new Guest(first.port), new Guest(first.port)]
  for (const guest of several) assert.equal((await guest.askAsProgram(`/?bw-invite=${shared}`)).reason, 'waiting')
  assert.notEqual(numberOf(several[0]!), numberOf(several[1]!))
  first.kill('SIGKILL')
  await first.child.ended

  await using second = await startRoom(origin, room, { data: first.data })
  assert.match((await new Guest(second.port).ask(`/?bw-invite=${code}`, again)).text, /has been used already/)
})

test('a full room says so and gives no place; a number comes free when somebody is called', async () => {
  await using origin = await Origin.start({ '/': page, '/bye': { ...page, fields: { 'breakwater-session': 'end' } } })
  await using shield = await startRoom(origin, { sessions: 1, length: 2 })
  const guests = [0, 1, 2].map(() => new Guest(shield.port))
  for (const guest of guests) await guest.ask()
  await until('the first two wait', async () => (await guests[2]!.poll()).place === 2)
  const late = new Guest(shield.port)
  const came = await late.ask()
  assert.equal(came.status, 503)
  assert.ok(Number(came.fields['retry-after']) >= 20)
  assert.match(came.text, /The waiting room is full/)
  assert.equal((await late.askAsProgram()).reason, 'waiting-room-full')
  assert.equal(late.jar.size, 0)
  await guests[0]!.ask('/bye')
  await until('there is room for one', async () => (await late.askAsProgram()).reason === 'waiting')
})

test('what is no ticket is answered with a new one, and says why', async () => {
  await using origin = await Origin.start({ '/': page })
  await using shield = await startRoom(origin, { sessions: 1 })
  await new Guest(shield.port).ask()
  const mine = new Guest(shield.port)
  await mine.ask()
  const ticket = mine.jar.get('bw-ticket-main') ?? ''
  for (const text of [`${ticket}x`, 'x'.repeat(3000), '%', '1.1.1']) {
    const guest = new Guest(shield.port, new Map([['bw-ticket-main', text]]))
    assert.equal((await guest.askAsProgram()).note, 'ticket-unknown')
    assert.match(guest.jar.get('bw-ticket-main') ?? '', /^\w+\.\w+\.[\w-]{22}$/)
  }
  assert.equal((await mine.askAsProgram()).note, undefined)
})

test('the page is the operator’s own, in their words and languages, and what visitors send is no part of it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-words-'))
  const [template, words] = [join(folder, 'waiting.html'), join(folder, 'words.json')]
  writeFileSync(template, '<!doctype html><html lang="{{language}}"><title>{{title}} - Acme</title><body>{{room}}')
  writeFileSync(words, '{ "en": { "heading": "Nearly <there>" }, "it": { "heading": "Siete in fila" } }')
  await using origin = await Origin.start({ '*': page })
  await using shield = await startRoom(origin, { sessions: 1, template, words })
  await new Guest(shield.port).ask()
  const told = async (language: string, path = '/'): Promise<string> => {
    const came = await new Guest(shield.port).ask(path, { fields: { 'accept-language': language } })
    assert.match(String(came.fields['x-robots-tag']), /noindex/)
    assert.equal(came.fields['cache-control'], 'no-store, private')
    return came.text
  }
  assert.match(
    await told('en'),
    /^<!doctype html><html lang="en"><title>Nearly &lt;there&gt; - Acme<\/title><body>.*bw-room/s,
  )
  assert.match(await told('it-IT,de;q=0.5'), /lang="it"><title>Siete in fila.*Your place/s)
  assert.match(await told('de'), /lang="de"><title>Sie stehen in der Warteschlange.*Ihr Platz/s)
  assert.match(await told('ja'), /lang="en"/)
  assert.doesNotMatch(await told('en', '/?x={{title}}"><script>alert(1)</script>'), /<script>alert/)
  rmSync(folder, { recursive: true })
})

test('a room for a class of routes leaves the others alone, and each room has tickets of its own', async () => {
  await using origin = await Origin.start({ '*': page })
  const waitingRoom = [
    { name: 'checkout', sessions: 1 },
    { name: 'seats', sessions: 1 },
  ]
  const rules = [
    { match: { path: '/checkout/**' }, waitingRoom: 'checkout' },
    { match: { path: '/checkout/callback' }, waitingRoom: 'none' },
    { match: { path: '/seats/**' }, waitingRoom: 'seats' },
  ]
  await using shield = await startRoom(origin, waitingRoom, { rules: rules as never })
  const [first, second] = [new Guest(shield.port), new Guest(shield.port)]
  assert.equal((await first.ask('/checkout/a')).status, 200)
  assert.equal((await second.ask('/checkout/a')).status, 503)
  assert.equal((await second.ask('/checkout/callback')).status, 200)
  assert.equal((await second.ask('/about')).status, 200)
  assert.equal((await second.ask('/seats/1')).status, 200)
  assert.equal((await first.ask('/seats/1')).status, 503)
  const foreign = new Guest(shield.port, new Map([['bw-ticket-seats', second.jar.get('bw-ticket-checkout') ?? '']]))
  assert.equal((await foreign.askAsProgram('/seats/1')).note, 'ticket-unknown')
})
