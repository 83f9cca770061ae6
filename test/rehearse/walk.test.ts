// A visitor on a journey: forms, tokens, branches and what a person would see, against a small real site.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Expectation, Journey, Step } from '../../src/rehearse/journey/journey.ts'
import { formOf, readPage } from '../../src/html/forms.ts'
import { type LoadResult, runLoad } from '../../src/rehearse/load.ts'

const anything: Expectation = { text: [], without: [] }
const plain = { expect: anything, extract: [] }
const shows = (...text: string[]): { expect: Expectation; extract: [] } => ({
  expect: { text, without: [] },
  extract: [],
})
const get = (path: string): Step => ({ kind: 'get', path, ...plain })

test('a form is sent with its hidden token, its defaults and what was typed, by the visitor who got it', async () => {
  const signed: string[] = []
  const result = await walk(
    [
      get('/'),
      { kind: 'think', from: 20, to: 60 },
      { kind: 'get', path: '/sign', ...shows('Your name') },
      { kind: 'submit', form: 'sign', fields: { name: 'Ada {visitor}' }, ...shows('Thank you') },
    ],
    petitionSite(signed),
  )
  assert.deepEqual(result.notes, [])
  assert.equal(result.lost, 0)
  assert.equal(result.good, 3 * result.visitors)
  assert.equal(signed.length, result.visitors)
  assert.equal(new Set(signed).size, signed.length) // every visitor has a name of their own
  assert.equal(result.requests, 4 * result.visitors) // the redirect after the form is followed
})

test('branches are taken by their shares, and what is on a page can be used later', async () => {
  const asked: string[] = []
  const result = await walk(
    [
      { kind: 'get', path: '/list', expect: anything, extract: [{ name: 'id', pattern: 'item (\\d+)' }] },
      { kind: 'branch', arms: [{ share: 0.25, steps: [get('/items/{id}'), get('/rare')] }] },
      get('/end'),
    ],
    (request, response) => {
      asked.push(request.url!)
      response.end('item 42')
    },
  )
  const count = (path: string): number => asked.filter(each => each === path).length
  assert.equal(count('/end'), result.visitors)
  assert.equal(count('/items/42'), count('/rare'))
  assert.ok(count('/rare') > 0 && count('/rare') < result.visitors / 2, `${count('/rare')} of ${result.visitors}`)
})

test('a page that lacks what a person expects is lost, and said in words', async () => {
  const result = await walk([{ kind: 'get', path: '/', ...shows('Welcome') }, get('/next')], (_, response) =>
    response.end('An error occurred'),
  )
  assert.equal(result.lostBy.content, result.visitors)
  assert.equal(result.planned, result.visitors) // nobody goes on
  assert.equal(result.notes[0], 'test, GET /: "Welcome" is not on the page')
  assert.ok(result.notes.length <= 5)
})

test('a form that is not there is a fault of the page', async () => {
  const result = await walk([get('/'), { kind: 'submit', form: undefined, fields: {}, ...plain }], (_, response) =>
    response.end('<p>Closed</p>'),
  )
  assert.equal(result.lostBy.content, result.visitors)
  assert.match(result.notes[0]!, /the page before has no such form/)
})

test('forms are read as a browser would fill them in', () => {
  const { forms, token } = readPage(`<meta name=csrf-token content=abc>
    <form action=/search><input name=q value="x &amp; y"></form>
    <form id=buy method=POST action="/buy?step=2"><input type=hidden name=t value=1><input name=off type=checkbox>
      <input name=on type=checkbox checked><input type=radio name=r value=a><input type=radio name=r value=b checked>
      <select name=size><option value=s>S<option value=m selected>M</select><select name=kind><option value=k>K</select>
      <textarea name=note>hello</textarea><input type=submit name=go value=Go><input disabled name=no value=1></form>`)
  assert.equal(token, 'abc')
  assert.deepEqual([...forms[0]!.fields], [['q', 'x & y']])
  const buy = formOf({ forms, token }, undefined)!
  assert.deepEqual([buy.method, buy.action, buy.id], ['POST', '/buy?step=2', 'buy'])
  assert.deepEqual(Object.fromEntries(buy.fields), { t: '1', on: 'on', r: 'b', size: 'm', kind: 'k', note: 'hello' })
  assert.equal(formOf({ forms, token }, 'search')!.method, 'GET')
  assert.equal(formOf({ forms, token }, 'nothing'), undefined)
})

/** A site that takes a form only with the token it gave to the same session. */
function petitionSite(signed: string[]): RequestListener {
  let sessions = 0
  return (request, response) => {
    const session = /session=(\d+)/.exec(request.headers.cookie ?? '')?.[1]
    if (request.url === '/sign') {
      const id = session ?? String(++sessions)
      response.setHeader('Set-Cookie', `session=${id}; Path=/`)
      return response.end(
        `Your name <form class=sign method=post action="sign/done"><input type=hidden name=token value=t${id}>`,
      )
    }
    if (request.method !== 'POST') return response.end(request.url === '/thanks' ? 'Thank you' : 'Home')
    let body = ''
    request
      .on('data', text => (body += text))
      .on('end', () => {
        const form = new URLSearchParams(body)
        const genuine = request.url === '/sign/done' && session !== undefined && form.get('token') === `t${session}`
        if (genuine) signed.push(form.get('name')!)
        response.writeHead(genuine ? 303 : 403, { Location: '/thanks' }).end()
      })
  }
}

async function walk(steps: Step[], listener: RequestListener): Promise<LoadResult> {
  const server = createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const journeys: Journey[] = [{ name: 'test', weight: 1, steps }]
  // Everybody arrives in the first half second, so that everybody can get to the end of their journey.
  const shape = { kind: 'spike', base: 0, people: 40, at: 0, within: 0.5 } as const
  try {
    return await (
      await runLoad({ target, shape, seconds: 2, journeys, seed: 11 })
    ).result
  } finally {
    server.close()
  }
}
