// The system's DNS, for telling real crawlers from those who only say that they are one.

import { lookup, reverse } from 'node:dns/promises'
import type { Resolver } from '../admission/waiting/bypass.ts'

export const systemResolver: Resolver = {
  reverse: address => reverse(address),
  addresses: async name => (await lookup(name, { all: true })).map(({ address }) => address),
}
