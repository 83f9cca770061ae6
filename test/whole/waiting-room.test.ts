// The waiting room before the whole program: visitors with cookies on real connections, who wait, keep their places, get in.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Origin } from '../fixtures/origin.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'
import { Guest, startRoom } from './fixtures/guest.ts'

const page = { body: 'the shop', fields: { 'cache-control': 'no-store' } }

test('who comes while there is room gets in at once, the others wait in order and get in when one is ended', async () => {
  await using origin = await Origin.start({ '/': page, '/bye': { ...page, fields: { 'breakwater-session': 'end' } } })
  await using shield = await startRoom(origin, { sessions: 1 })
  const [first, second, third] = [new Guest(shield.port), new Guest(shield.port), new Guest(shield.port)]
  assert.equal((await first.ask()).text, 'the shop')
  const waiting = await second.ask()
  assert.equal(waiting.status, 503)
  assert.equal(waiting.fields['breakwater-waiting'], 'waiting')
  assert.match(waiting.fields['retry-after'] ?? '', /^\d+$/)
  assert.match(waiting.text, /You are in line/)
  assert.equal(waiting.fields['cache-control'], 'no-store, private')
  assert.equal((await third.ask()).status, 503)
  assert.deepEqual([(await second.poll()).state, (await third.poll()).state], ['waiting', 'waiting'])
  await until(
    'third is behind second',
    async () => (await second.poll()).place === 1 && (await third.poll()).place === 2,
  )
  const bye = await first.ask('/bye')
  assert.equal(bye.status, 200)
  assert.equal(bye.fields['breakwater-session'], undefined)
  await until('second is called', async () => (await second.poll()).state === 'called')
  assert.equal((await third.poll()).state, 'waiting')
  assert.equal((await second.ask()).text, 'the shop')
  assert.equal((await third.ask()).status, 503)
  // What the origin was sent tells nothing of tickets and sessions.
  assert.ok(origin.asked.length > 0)
  for (const { fields } of origin.asked) assert.equal(fields.cookie, undefined)
})

test('hits pass the room by, unless its gate is for all', async () => {
  const stored = { body: 'news', fields: { 'cache-control': 'max-age=60' } }
  await using origin = await Origin.start({ '/': page, '/news': stored })
  for (const [gate, status] of [
    ['misses', 200],
    ['all', 503],
  ] as const) {
    await using shield = await startRoom(origin, { sessions: 1, gate })
    const first = new Guest(shield.port)
    assert.equal((await first.ask('/')).status, 200)
    assert.equal((await first.ask('/news')).status, 200)
    const second = new Guest(shield.port)
    await until('the news is stored', async () => (await first.ask('/news')).cache.includes('hit'))
    assert.equal((await second.ask('/news')).status, status, gate)
    assert.equal((await second.ask('/')).status, 503)
  }
})

test('a program gets problem details with its place, and polls without cookies', async () => {
  await using origin = await Origin.start({ '/': page })
  await using shield = await startRoom(origin, { sessions: 1 })
  await new Guest(shield.port).ask()
  const came = await ask(shield.port, '/', { fields: { accept: 'application/json', 'sec-fetch-mode': 'cors' } })
  assert.equal(came.status, 503)
  assert.equal(came.fields['content-type'], 'application/problem+json')
  const body = JSON.parse(came.text) as { reason: string; place: number; ticket: string; poll: string; next: number }
  assert.equal(body.reason, 'waiting')
  assert.ok(body.place >= 1 && body.next >= 2)
  const polled = await ask(shield.port, `${body.poll}?bw-ticket=${body.ticket}`)
  assert.equal((JSON.parse(polled.text) as { state: string }).state, 'waiting')
  // No place in the queue for an image.
  const image = await ask(shield.port, '/', { fields: { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' } })
  assert.equal(image.fields['set-cookie'], undefined)
})

test('kill -9 and a restart: every place is kept, and who was in is still in', async () => {
  await using origin = await Origin.start({ '/': page })
  await using before = await startRoom(origin, { sessions: 1 })
  const visitors = Array.from({ length: 5 }, () => new Guest(before.port))
  for (const visitor of visitors) await visitor.ask()
  await sleep(1100)
  before.kill('SIGKILL')
  await before.child.ended
  await using shield = await startRoom(origin, { sessions: 1 }, { data: before.data })
  const [inside, ...outside] = visitors.map(({ jar }) => new Guest(shield.port, jar))
  assert.equal((await inside!.ask()).text, 'the shop')
  for (const visitor of outside) assert.equal((await visitor.ask()).status, 503)
  const late = new Guest(shield.port)
  assert.equal((await late.ask()).status, 503)
  await sleep(1100)
  const places = await Promise.all([...outside, late].map(async visitor => (await visitor.poll()).place!))
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  )
  assert.equal(new Set(places).size, 5, `places ${places.join()}`)
})

test('two restarts after kill -9: nobody waits for numbers that were never given out, and they fill no room', async () => {
  await using origin = await Origin.start({ '/': page })
  const room = { sessions: 1, length: 5 }
  await using first = await startRoom(origin, room)
  const visitors = [new Guest(first.port), new Guest(first.port)]
  for (const visitor of visitors) await visitor.ask()
  await sleep(1100)
  first.kill('SIGKILL')
  await first.child.ended
  await using second = await startRoom(origin, room, { data: first.data })
  for (const { jar } of visitors) await new Guest(second.port, jar).ask()
  for (let i = 0; i < 2; i++) visitors.push(new Guest(second.port))
  for (const visitor of visitors.slice(2)) assert.equal((await visitor.ask()).status, 503)
  await sleep(1100)
  second.kill('SIGKILL')
  await second.child.ended
  await using third = await startRoom(origin, room, { data: first.data })
  const late = new Guest(third.port)
  assert.equal((await late.askAsProgram()).reason, 'waiting')
  const all = [...visitors.map(({ jar }) => new Guest(third.port, jar)), late]
  assert.equal((await all[0]!.ask()).text, 'the shop')
  await until('each is told how many people stand in front', async () => {
    const places = await Promise.all(all.slice(1).map(async guest => (await guest.poll()).place))
    return places.join() === '1,2,3,4'
  })
})

test('a form sent without a session is kept in the page, unless a foreign page sent it', async () => {
  await using origin = await Origin.start({ '/': page, '/sign': { body: 'signed' } })
  await using shield = await startRoom(origin, { sessions: 1 })
  await new Guest(shield.port).ask()
  const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-mode': 'navigate' }
  const body = 'name=Ada+%3Cb%3E&note=%C3%BC'
  const own = await new Guest(shield.port).ask('/sign', {
    ...{ method: 'POST', body },
    fields: { ...form, 'sec-fetch-site': 'same-origin' },
  })
  assert.equal(own.status, 503)
  assert.match(own.text, /<input type="hidden" name="name" value="Ada &lt;b&gt;">/)
  assert.match(own.text, /name="note" value="ü"/)
  const foreign = await new Guest(shield.port).ask('/sign', {
    ...{ method: 'POST', body },
    fields: { ...form, 'sec-fetch-site': 'cross-site' },
  })
  assert.doesNotMatch(foreign.text, /Ada/)
  assert.match(foreign.text, /has not been taken/)
  for (const from of [{ origin: 'https://elsewhere.example' }, { referer: 'https://elsewhere.example/' }])
    assert.doesNotMatch(
      (await new Guest(shield.port).ask('/sign', { method: 'POST', body, fields: { ...form, ...from } })).text,
      /Ada/,
    )
  const program = await new Guest(shield.port).ask('/sign', { method: 'POST', body, fields: form })
  assert.match(program.text, /Ada/)
  assert.equal(origin.of('/sign').length, 0)
})

/** As Chromium writes it. */
const part = (name: string, more: string, value: string): string =>
  `--edge\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`

test('a form with files is kept as a whole while it is small, and so said where it is not', async () => {
  await using origin = await Origin.start({ '/': page, '/apply': { body: 'applied' } })
  await using shield = await startRoom(origin, { sessions: 1 })
  await new Guest(shield.port).ask()
  const send = async (bytes: number): Promise<string> => {
    const photo = part('photo', '; filename="a.png"\r\nContent-Type: image/png', '\u0007'.repeat(bytes))
    // Nobody chose a file for it.
    const none = part('none', '; filename=""\r\nContent-Type: application/octet-stream', '')
    const body = `${part('name', '', 'Ada\r\nLovelace')}${photo}${none}--edge--\r\n`
    const fields = { 'content-type': 'multipart/form-data; boundary=edge', 'sec-fetch-site': 'same-origin' }
    return (await new Guest(shield.port).ask('/apply', { method: 'POST', body, fields })).text
  }
  const small = await send(3)
  assert.match(small, /enctype="multipart\/form-data"/)
  assert.match(small, /name="photo" data-bw-file="[^"]*BwcH[^"]*"/)
  assert.match(small, /<input type="file" hidden name="none">/)
  const large = await send(70_000)
  assert.doesNotMatch(large, /Lovelace/)
  assert.match(large, /has not been taken/)
  assert.equal(origin.of('/apply').length, 0)
})
