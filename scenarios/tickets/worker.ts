// One of the ticket office's workers: makes one page after the other.
import { parentPort, workerData } from 'node:worker_threads'
import { faithfulGuests, openDatabase, seatsLeft, sell } from './database.ts'

/** One request, and what comes of it. */
export interface Wanted {
  method: string
  path: string
  buyer: string
}
export interface Answered {
  status: number
  headers: Record<string, string>
  body: string
}

const HTML = { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' }
/** The shield's word for it: whoever has bought, or cannot any more, makes room for the next. */
const DONE = { ...HTML, 'Breakwater-Session': 'end' }

const database = openDatabase(workerData as string)
parentPort!.on('message', (wanted: Wanted) => parentPort!.postMessage(answerTo(wanted)))

function answerTo({ method, path, buyer }: Wanted): Answered {
  try {
    if (method === 'POST') return path === '/buy' ? buy(buyer) : answer(405, HTML, 'Not allowed')
    if (path === '/') return answer(200, HTML, concert())
    if (path === '/buy') return seatsLeft(database) === 0 ? answer(200, DONE, SOLD_OUT) : answer(200, HTML, FORM)
    return answer(404, HTML, '<h1>Not found</h1>')
  } catch {
    return answer(500, HTML, '<h1>Something went wrong</h1>') // the lock was not to be had in ten seconds
  }
}

function buy(buyer: string): Answered {
  if (buyer === '' || buyer.length > 80) return answer(422, HTML, `<h1>Your name is needed</h1>${FORM}`)
  const place = sell(database, buyer)
  return answer(200, DONE, place === undefined ? SOLD_OUT : `<h1>Thank you</h1><p>Your seat is number ${place}.</p>`)
}

function concert(): string {
  const guests = faithfulGuests(database).map(name => `<li>${name}</li>`)
  return `<h1>The concert</h1><p>${seatsLeft(database)} seats left</p><a href="/buy">Buy</a><h2>Our most faithful guests</h2><ul>${guests.join('')}</ul>`
}

const SOLD_OUT = '<h1>Sold out</h1>'
const FORM = '<form id="buy" method="post" action="/buy"><label>Name <input name="name" required></label><button>Buy</button></form>' // prettier-ignore

const answer = (status: number, headers: Record<string, string>, main: string): Answered => ({
  status,
  headers,
  body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tickets</title></head><body><main>${main}</main><footer>A made-up site that comes with Breakwater, for rehearsals.</footer></body></html>`,
})
