// Every story, told to the whole program over real sockets, once for each lane: many at once, since most of them wait for
// seconds to pass.

import { after, before, describe, it } from 'node:test'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { chapters } from './chapters.ts'
import { Teller } from './teller.ts'

/** Stories under way at once. */
const AT_ONCE = 40

describe('conformance', { concurrency: true, timeout: 120_000 }, () => {
  let origin: Origin | undefined
  let shield: Shield | undefined
  let teller: Teller
  let stories = 0
  let underWay = 0
  const waiting: (() => void)[] = []

  before(async () => {
    origin = await Origin.start({ '*': (asked, response) => teller.answer(asked, response).then(() => undefined) })
    // What breaks off on purpose is no reason to rest an origin, and what is slow on purpose none to send anybody away.
    const sites = [{ origins: [origin.url], origin: { health: { unhealthyAfter: 100 }, concurrency: 256 } }]
    shield = await Shield.start({ config: { sites } })
    teller = new Teller(shield.port)
  })

  after(async () => {
    await shield?.[Symbol.asyncDispose]()
    await origin?.stop()
  })

  const inTurn = async (tell: () => Promise<void>): Promise<void> => {
    if (underWay === AT_ONCE) await new Promise<void>(resolve => waiting.push(resolve))
    else underWay++
    try {
      await tell()
    } finally {
      const next = waiting.shift()
      if (next === undefined) underWay--
      else next()
    }
  }

  for (const [chapter, told] of Object.entries(chapters)) {
    describe(chapter, { concurrency: true }, () => {
      for (const story of told) {
        for (const lane of ['fast', 'slow'] as const) {
          it(`${story.name} (${lane} lane)`, () => inTurn(() => teller.tell(story, `/s${++stories}`, lane)))
        }
      }
    })
  }
})
