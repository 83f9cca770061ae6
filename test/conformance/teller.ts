// Tells stories to a running shield: sends what the visitor sends, answers as the story's origin does, and compares what
// both saw with what they must see.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Asked } from '../fixtures/origin.ts'
import { HOST } from '../fixtures/visitor.ts'
import { answerAs, inLines, split } from './origin.ts'
import type { Ask, Exchange, Line, Story } from './story.ts'

/** `slow` sends what the fast lane leaves to the other; in `fast` each request goes where its kind goes. */
export type Lane = 'fast' | 'slow'

/** Names a field that is not there: harmless, and nothing that the fast lane would think about. */
const TO_THE_SLOW_LANE = ['Connection', 'x-not-there']

interface Came {
  status: number
  fields: string[]
  text: string
  interim: number[]
  trailers: string[]
  broke: boolean
}

/** Every story that is being told, by its path; the origin looks here for what to answer. */
export class Teller {
  readonly #port: number
  readonly #told = new Map<string, { story: Story; asked: Asked[]; said: string[][] }>()

  constructor(port: number) {
    this.#port = port
  }

  /** The origin's script. */
  async answer(asked: Asked, response: ServerResponse): Promise<void> {
    const told = this.#told.get(asked.path.split('/', 2).join('/'))
    const number = Number(asked.fields['story-exchange'])
    const exchange = told?.story.exchanges[number - 1]
    if (told === undefined || exchange === undefined) return void response.writeHead(404).end()
    told.asked.push(asked)
    await answerAs(exchange.answer ?? {}, number, asked, response, lines => told.said.push(lines))
  }

  /** Rejects with what was not as the story has it. */
  async tell(story: Story, path: string, lane: Lane): Promise<void> {
    const told = { story, asked: [] as Asked[], said: [] as string[][] }
    this.#told.set(path, told)
    for (const [i, exchange] of story.exchanges.entries()) {
      if (exchange.after !== undefined) await sleep(exchange.after)
      const number = i + 1
      const came = await this.#ask(path, number, exchange.ask ?? {}, lane)
      const asked = () => told.asked.filter(each => Number(each.fields['story-exchange']) === number)
      if (exchange.refreshes === true) await until(() => asked().length > 0)
      check(exchange, number, came, asked(), told.said.at(-1) ?? [])
    }
  }

  #ask(path: string, number: number, ask: Ask, lane: Lane): Promise<Came> {
    const { method = 'GET', at = '', fields = [], body } = ask
    const lines = ['Host', HOST, ...inLines(fields, Date.now()), 'Story-Exchange', String(number)]
    if (lane === 'slow') lines.push(...TO_THE_SLOW_LANE)
    if (body !== undefined) lines.push('Content-Length', String(Buffer.byteLength(body)))
    return new Promise((resolve, reject) => {
      const interim: number[] = []
      const options = { host: '127.0.0.1', port: this.#port, path: path + at, method, headers: lines, agent: false }
      const call = request(options, response => resolve(whole(response, interim)))
      call.on('information', ({ statusCode }: { statusCode: number }) => interim.push(statusCode))
      call.on('error', reject)
      call.end(body)
    })
  }
}

async function whole(response: IncomingMessage, interim: number[]): Promise<Came> {
  let text = ''
  let broke = false
  response.setEncoding('latin1')
  try {
    for await (const chunk of response) text += chunk as string
  } catch {
    broke = true
  }
  const { statusCode, rawHeaders: fields, rawTrailers: trailers } = response
  return { status: statusCode!, fields, text, interim, trailers, broke }
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; !holds() && i < 100; i++) await sleep(20)
}

/** Who answered is told by the number that the origin sends with every answer of its own. */
function check(exchange: Exchange, number: number, came: Came, asked: Asked[], said: string[]): void {
  const about = `exchange ${number}: ${came.status} ${JSON.stringify(came.fields)} ${JSON.stringify(came.text)}`
  checkFrom(exchange, number, came, asked, about)
  if (exchange.from === 'origin') checkPassedOn(came, said, about)
  const status = exchange.status ?? (exchange.from === 'origin' ? (exchange.answer?.status ?? 200) : undefined)
  if (status !== undefined) assert.equal(came.status, status, about)
  if (exchange.text !== undefined) assert.equal(came.text, exchange.text, about)
  checkLines(exchange.sees ?? [], came.fields, about)
  for (const name of exchange.misses ?? []) assert.deepEqual(valuesOf(came.fields, name), [], `${name}; ${about}`)
  checkAge(exchange, came, about)
  if (exchange.interim !== undefined) assert.deepEqual(came.interim, exchange.interim, about)
  checkLines(exchange.trailers ?? [], came.trailers, about)
  checkAsked(exchange, asked, about)
}

function checkFrom(exchange: Exchange, number: number, came: Came, asked: Asked[], about: string): void {
  const { from, of = number - 1, refreshes } = exchange
  if (from === 'anyone') return
  const answerer = valuesOf(came.fields, 'story-answer')
  const status = valuesOf(came.fields, 'cache-status').at(-1) ?? ''
  const isHead = exchange.ask?.method === 'HEAD'
  assert.equal(came.broke, from === 'nobody', about)
  switch (from) {
    case 'origin':
      assert.deepEqual(answerer, isHead ? [] : [String(number)], about)
      assert.match(status, /^breakwater; fwd=/, about)
      return
    case 'store':
      assert.deepEqual(answerer, [String(of)], about)
      if (refreshes !== true) assert.deepEqual(asked.length, 0, `the origin was asked; ${about}`)
      assert.match(status, /^breakwater; hit/, about)
      assert.equal(valuesOf(came.fields, 'age').length, 1, about)
      return
    case 'validated':
      assert.deepEqual(answerer, [String(of)], about)
      assert.ok(asked.some(isConditional), `the origin was not asked whether it holds; ${about}`)
      return
    case 'shield':
      assert.deepEqual(answerer, [], about)
      return
    case 'nobody':
  }
}

const isConditional = ({ fields }: Asked): boolean =>
  fields['if-none-match'] !== undefined || fields['if-modified-since'] !== undefined

/** Fields of the connection, those that frame, and those that a proxy has to change. */
const NOT_PASSED_ON =
  /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|(content-)?location|http2-settings)$/

/** Whatever the origin says end to end reaches the visitor as it is. */
function checkPassedOn(came: Came, said: string[], about: string): void {
  const listed = valuesOf(said, 'connection').flatMap(value => value.split(','))
  const named = new Set(listed.map(each => each.trim().toLowerCase()))
  for (let i = 0; i < said.length; i += 2) {
    const name = said[i]!.toLowerCase()
    if (NOT_PASSED_ON.test(name) || named.has(name)) continue
    assert.deepEqual(valuesOf(came.fields, name), valuesOf(said, name), `${name}; ${about}`)
  }
}

function checkAge({ age }: Exchange, came: Came, about: string): void {
  if (age === undefined) return
  const given = Number(valuesOf(came.fields, 'age')[0] ?? Number.NaN)
  assert.ok(given >= age[0] && given <= age[1], `Age is ${given}; ${about}`)
}

function checkAsked({ asked: must }: Exchange, asked: Asked[], about: string): void {
  if (must === undefined) return
  const request = asked[0]
  assert.ok(request !== undefined, `the origin was not asked; ${about}`)
  if (must.method !== undefined) assert.equal(request.method, must.method, about)
  const fields = Object.entries(request.fields).flatMap(([name, value]) => [name, String(value)])
  const seen = `the origin saw ${JSON.stringify(request.fields)}; ${about}`
  checkLines(must.fields ?? [], fields, seen)
  for (const name of must.lacks ?? []) assert.deepEqual(valuesOf(fields, name), [], `${name}; ${seen}`)
}

function checkLines(lines: readonly Line[], fields: string[], about: string): void {
  for (const line of lines) {
    const [name, value] = split(line)
    const found = valuesOf(fields, name).join(', ')
    if (/^\/.*\/$/.test(value)) assert.match(found, new RegExp(value.slice(1, -1)), `${name}; ${about}`)
    else assert.equal(found, value, `${name}; ${about}`)
  }
}

function valuesOf(fields: readonly string[], name: string): string[] {
  const wanted = name.toLowerCase()
  return fields.filter((_, i) => i % 2 === 1 && fields[i - 1]!.toLowerCase() === wanted)
}
