// How long a visitor waits for a page that the node has not, where it fetches the page by itself, where another node owns it and fetches it, and
// where that one has it already. One visitor at a time: it is the way that is measured, not the work.

import { Agent, request } from 'node:http'
import { HOST } from '../browser.ts'
import { paths } from '../pages.ts'
import type { House } from './house.ts'

const PAGES = 600

/** Milliseconds, medians. */
export interface ColdTimes {
  /** The node owns it. */
  readonly own: number
  /** Another node owns it, and has to fetch it. */
  readonly owned: number
  /** Another node owns it, and has it. */
  readonly held: number
  readonly count: number
}

export async function coldTimes({ nodes, site }: House): Promise<ColdTimes> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const [first, second] = nodes as [House['nodes'][number], House['nodes'][number]]
  const askedAt = async (port: number, path: string): Promise<number> => {
    const from = performance.now()
    await page(agent, port, path)
    return performance.now() - from
  }
  await askedAt(first.port, paths(8, 'no-store')[0]!)
  const itself = site.askedBy
  const [own, owned, held]: number[][] = [[], [], []]
  for (let nth = 0; nth < PAGES; nth++) {
    const path = `${paths(8)[0]!}?cold=${nth}`
    const ms = await askedAt(first.port, path)
    const isOwn = site.askedBy === itself
    ;(isOwn ? own : owned)!.push(ms)
    if (isOwn) held!.push(await askedAt(second.port, path))
  }
  agent.destroy()
  return { own: median(own!), owned: median(owned!), held: median(held!), count: PAGES }
}

function median(times: readonly number[]): number {
  if (times.length === 0) throw new Error('no page was of this kind')
  return times.toSorted((a, b) => a - b)[times.length >> 1]!
}

function page(agent: Agent, port: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, agent, headers: { host: HOST } }, response => {
      if (response.statusCode !== 200) reject(new Error(`${path} was answered ${response.statusCode}`))
      response.resume().on('end', resolve)
    })
    asked.on('error', reject).end()
  })
}
