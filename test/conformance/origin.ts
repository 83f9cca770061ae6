// The origin's side of a story: answers an exchange as it is written down, byte for byte where node:http would mend it.

import { STATUS_CODES } from 'node:http'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Asked } from '../fixtures/origin.ts'
import type { Line, OriginAnswer } from './story.ts'

/** Name and value of a line. */
export function split(line: Line): [name: string, value: string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
}

/** The lines as a flat list, with the dates that they ask for. */
export function inLines(lines: readonly Line[], now: number): string[] {
  return lines.flatMap(line => {
    const [name, value] = split(line)
    return [name, value.replace(/\{(850 )?([+-]?\d+)\}/, (_, old, by) => dateOf(now + Number(by) * 1000, old))]
  })
}

const LONG_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

function dateOf(ms: number, old: string | undefined): string {
  const date = new Date(ms)
  const text = date.toUTCString()
  if (old === undefined) return text
  const [, day, month, year, time] = text.split(' ')
  return `${LONG_DAYS[date.getUTCDay()]}, ${day}-${month}-${year!.slice(2)} ${time} GMT`
}

/** Answers; `said` hears the header as it was sent, unless that was a 304. */
export async function answerAs(
  answer: OriginAnswer,
  number: number,
  asked: Asked,
  response: ServerResponse,
  said: (lines: string[]) => void,
): Promise<void> {
  if (answer.work !== undefined) await sleep(answer.work)
  if (answer.breaksOff === 'at once') return void response.socket?.destroy()
  for (const [status, ...fields] of answer.interim ?? []) sendInterim(response, status, fields)
  const isConfirmed = answer.confirms === true && isConditional(asked)
  // A number with a 304, or with what says something of a GET, would replace the one that is stored.
  const isNumbered = !isConfirmed && asked.method !== 'HEAD'
  const lines = headerOf(answer, Date.now(), isNumbered ? ['Story-Answer', String(number)] : [])
  if (!isConfirmed) said(lines)
  if (answer.asWritten === true) return write(answer, number, lines, response)
  send(answer, number, isConfirmed ? 304 : (answer.status ?? 200), lines, response)
}

const isConditional = ({ fields }: Asked): boolean =>
  fields['if-none-match'] !== undefined || fields['if-modified-since'] !== undefined

function headerOf({ fields = [] }: OriginAnswer, now: number, number: string[]): string[] {
  const isDated = fields.some(line => split(line)[0].toLowerCase() === 'date')
  const lines = isDated ? fields.filter(line => line !== 'Date:') : ['Date: {0}', ...fields]
  return [...number, ...inLines(lines, now)]
}

function send(answer: OriginAnswer, number: number, status: number, lines: string[], response: ServerResponse): void {
  const body = answer.body ?? String(number)
  response.sendDate = false
  if (answer.breaksOff === 'in the body') {
    response.writeHead(status, [...lines, 'Content-Length', String(body.length + 10)])
    response.write(body, () => setTimeout(() => response.socket?.destroy(), 20))
    return
  }
  const trailers = inLines(answer.trailers ?? [], Date.now())
  response.writeHead(status, STATUS_CODES[status] ?? 'Odd', lines)
  if (trailers.length > 0) {
    response.write(body)
    response.addTrailers(trailers.flatMap((name, i) => (i % 2 === 0 ? [[name, trailers[i + 1]!] as const] : [])))
    response.end()
  } else response.end(status === 204 || status === 304 ? undefined : body)
}

function write(answer: OriginAnswer, number: number, lines: string[], response: ServerResponse): void {
  const head = lines.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('')
  const body = answer.body ?? String(number)
  response.socket?.end(`HTTP/1.1 ${answer.status ?? 200} Written\r\n${head}\r\n${body}`)
}

function sendInterim(response: ServerResponse, status: number, fields: readonly Line[]): void {
  const lines = fields.map(line => `${line}\r\n`).join('')
  response.socket?.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Odd'}\r\n${lines}\r\n`)
}
