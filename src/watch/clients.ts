// Which clients ask the origin for most, how doubtful each is and why: what the admin address tells of the measures against
// attacks. It reads the same rows and the same formula as the edges do, so what it says is what they go by.

import { sharedMicroseconds } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import { CONDUCT_OFFSET } from '../board/board.ts'
import type { Board } from '../board/board.ts'
import { ClientKind, ConductTable } from '../board/conduct.ts'
import type { ClientKey, KnownClient } from '../board/conduct.ts'
import { doubtOf, doubtOfNetwork, measureFor } from '../board/doubt.ts'
import type { Conduct, Signal, Surroundings } from '../board/doubt.ts'
import { json, problem } from './reply.ts'
import type { Reply } from './reply.ts'

/** Seconds between two looks through the table: about 2 ms when it is full. */
const SURVEY_EVERY = 5
const SHOWN = 50
const MOST_SHOWN = 1000

export class Clients {
  readonly #table: ConductTable
  readonly #now: () => number
  readonly #slows: () => boolean
  #looks = 0

  constructor(board: Board, clock: Clock, slows: () => boolean) {
    this.#table = new ConductTable(board.memory, CONDUCT_OFFSET)
    this.#now = sharedMicroseconds(clock)
    this.#slows = slows
  }

  /** Each second. */
  look(): void {
    if (this.#looks++ % SURVEY_EVERY === 0) this.#table.survey(this.#now())
  }

  /** `limit`: how many; `address`: of this address alone. The most doubtful first. */
  asked(query: URLSearchParams): Reply {
    const limit = Number(query.get('limit') ?? SHOWN)
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST_SHOWN)
      return problem(422, `limit is a whole number from 1 to ${MOST_SHOWN}, as in /api/clients?limit=${SHOWN}.`)
    const address = query.get('address')
    const now = this.#now()
    const { surroundings } = this.#table
    const isPressed = this.#slows() && this.#table.isPressed(now)
    const all = [...this.#table.clients(now)]
    const clients = all
      .map(client => rowOf(client, surroundings, isPressed))
      .filter(({ client }) => address === null || client === address || isBelow(client, address))
      .toSorted((a, b) => b.score - a.score || b.requests - a.requests)
    return json({
      /** While the origin is short of places, doubtful clients are slowed. */
      pressed: isPressed,
      entropy: { clients: surroundings.clientBits, networks: surroundings.networkBits },
      slowed: clients.filter(({ measure }) => measure === 'slowed').length,
      known: clients.length,
      clients: clients.slice(0, limit),
      networks: networksOf(all, surroundings)
        .filter(({ network }) => address === null || clients.some(each => each.network === network))
        .slice(0, limit),
    })
  }
}

function rowOf(client: KnownClient, surroundings: Surroundings, isPressed: boolean) {
  const { conduct, network } = client
  const { score, signals } = doubtOf(conduct, network, surroundings)
  const measure = measureFor(score)
  const isSlowed = isPressed && measure.type === 'slowed'
  return {
    client: textOf(client),
    network: networkOf(client),
    score: Math.round(score * 100) / 100,
    measure: isSlowed ? 'slowed' : 'none',
    /** Seconds between two of its requests that the origin gets. */
    every: isSlowed ? Math.round(measure.seconds) : null,
    requests: Math.round(conduct.total),
    known: conduct.seconds,
    why: whyOf(signals),
  }
}

/** Each network with its own score, the most doubtful first. */
function networksOf(all: readonly KnownClient[], surroundings: Surroundings) {
  const networks = new Map<string, { conduct: Conduct; clients: number }>()
  for (const client of all) {
    const name = networkOf(client)
    networks.set(name, { conduct: client.network, clients: (networks.get(name)?.clients ?? 0) + 1 })
  }
  const rows = [...networks].map(([network, { conduct, clients }]) => {
    const { score, signals } = doubtOfNetwork(conduct, surroundings)
    return { network, score: Math.round(score * 100) / 100, clients, requests: Math.round(conduct.total), why: whyOf(signals) } // prettier-ignore
  })
  return rows.toSorted((a, b) => b.score - a.score || b.requests - a.requests)
}

const whyOf = (signals: readonly Signal[]) =>
  signals.map(({ name, weight, text }) => ({ signal: name, weight: Math.round(weight * 100) / 100, text: text() }))

const bytesOf = (word: number): number[] => [24, 16, 8, 0].map(shift => (word >>> shift) & 255)
const hexOf = (word: number): string => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`

const textOf = ({ kind, high, low }: ClientKey): string =>
  kind === ClientKind.ipv4 ? bytesOf(low).join('.') : `${hexOf(high)}:${hexOf(low)}::/64`

const networkOf = ({ kind, high, low }: ClientKey): string =>
  kind === ClientKind.ipv4 ? `${bytesOf(low & ~0xff).join('.')}/24` : `${hexOf(high)}:${(low >>> 16).toString(16)}::/48`

/** An address of IPv6, as it is usually written, within the network that stands for a client. */
function isBelow(client: string, address: string): boolean {
  if (!client.endsWith('::/64') || !URL.canParse(`http://[${address}]/`)) return false
  const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const groups = head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  const whole = [...groups, ...Array<string>(missing).fill('0'), ...(tail ?? '').split(':')]
  return client === `${whole.slice(0, 4).join(':')}::/64`
}
