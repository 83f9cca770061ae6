// Forms in the crash test: people post them at every node while things go wrong. The site behind `/sign` can tell that it has seen a form
// before, and answers badly now and then; the one behind `/once` cannot. In the end every form that was acknowledged is at the site or
// with a person, once.

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { below } from '../../../src/base/random.ts'
import type { Random } from '../../../src/base/random.ts'
import type { Script } from '../../fixtures/origin.ts'
import type { Shield } from '../../fixtures/shield.ts'
import { until } from '../../fixtures/until.ts'
import { ask } from '../../fixtures/visitor.ts'

/** Of a hundred forms so many are answered 503, and so many are taken without an answer. */
const REFUSED = 5
const UNANSWERED = 5
/** Until everything is sent; each pause after a failure is cut short by command. */
const PATIENCE = 90_000

const collect = { when: 'always', tries: 1000 } as const
export const FORM_RULES = [
  { name: 'sign', match: { method: 'POST', path: '/sign' }, collect: { ...collect, duplicates: true } },
  { name: 'once', match: { method: 'POST', path: '/once' }, collect },
] as const

export class FormsTraffic {
  readonly #random: Random
  /** Forms that were acknowledged, by the number in them. */
  readonly #acknowledged = new Map<string, { path: string; receipt: string; node: string }>()
  /** What the site has taken: keys by number, and how often where it cannot tell. */
  readonly #signed = new Map<string, Set<string>>()
  readonly #once = new Map<string, number>()
  #sent = 0

  constructor(random: Random) {
    this.#random = random
  }

  get acknowledged(): number {
    return this.#acknowledged.size
  }

  /** The site. */
  get pages(): Record<string, Script> {
    return {
      '/sign': ({ fields, body }, response) => {
        const dice = below(this.#random, 100)
        if (dice < REFUSED) return { status: 503 }
        const number = numberIn(body.toString())
        const keys = this.#signed.get(number) ?? new Set()
        this.#signed.set(number, keys.add(String(fields['idempotency-key'])))
        if (dice >= REFUSED + UNANSWERED) return { status: 200, work: 5 }
        response.destroy()
        return undefined
      },
      '/once': ({ body }) => {
        const number = numberIn(body.toString())
        this.#once.set(number, (this.#once.get(number) ?? 0) + 1)
        return { status: 200, work: 5 }
      },
    }
  }

  /** One person after another at a node, while it is up. */
  async post(
    node: { name: string; isUp: boolean; shield: Shield },
    path: string,
    isOver: () => boolean,
  ): Promise<void> {
    while (!isOver()) {
      await sleep(20 + below(this.#random, 60))
      if (!node.isUp) continue
      const number = `${node.name}${path.slice(1)}${++this.#sent}`
      const fields = { 'content-type': 'application/x-www-form-urlencoded' }
      const body = `number=${number}`
      const came = await ask(node.shield.port, path, { method: 'POST', fields, body }).catch(() => null)
      const receipt = came?.fields['breakwater-receipt']
      if (came?.status === 303 && typeof receipt === 'string')
        this.#acknowledged.set(number, { path, receipt, node: node.name })
    }
  }

  /** What is wrong once all is well again: forms that are lost, or were taken twice. */
  async reckon(shields: readonly Shield[]): Promise<string[]> {
    let missing: string[] = []
    await until(
      () => `every form is somewhere, without ${missing.slice(0, 5).join()} (${missing.length} in all)`,
      async () => {
        await Promise.all(shields.map(shield => journal(shield, { do: 'replay' }).catch(() => undefined)))
        missing = await this.#missing(shields)
        return missing.length === 0
      },
      PATIENCE,
    ).catch(() => undefined)
    const faults = missing.map(number => {
      const { node, receipt } = this.#acknowledged.get(number)!
      return `form ${number} is lost, which ${node} has acknowledged as ${receipt}`
    })
    for (const [number, keys] of this.#signed)
      if (keys.size > 1) faults.push(`form ${number} was sent as ${keys.size} different ones`)
    for (const [number, times] of this.#once)
      if (times > 1) faults.push(`form ${number} was sent ${times} times to a site that cannot tell`)
    return faults
  }

  async #missing(shields: readonly Shield[]): Promise<string[]> {
    const open = [...this.#acknowledged.keys()].filter(number => !this.#signed.has(number) && !this.#once.has(number))
    if (open.length === 0) return []
    const aside = new Set((await Promise.all(shields.map(setAside))).flat())
    // What may have been sent to a site that cannot tell is a person's matter; of the other nothing stays behind.
    return open.filter(number => this.#acknowledged.get(number)!.path === '/sign' || !aside.has(number))
  }
}

const numberIn = (text: string): string => /number=(\w+)/.exec(text)?.[1] ?? ''

async function setAside(shield: Shield): Promise<string[]> {
  const numbers: string[] = []
  for (let after = 0; ;) {
    const { forms } = (await journal(shield, { do: 'export', after, state: 'set-aside' })) as {
      forms: { number: number; body: string }[]
    }
    if (forms.length === 0) return numbers
    numbers.push(...forms.map(({ body }) => numberIn(body)))
    after = forms.at(-1)!.number
  }
}

async function journal(shield: Shield, wish: object): Promise<unknown> {
  const token = readFileSync(`${shield.data}/admin-token`, 'utf8').trim()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await shield.admit('/api/journal', { method: 'POST', headers, body: JSON.stringify(wish) })
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}
