// What is noted of clients on the board: rates that rules set, and how they behave. Where there are other nodes, some rates are counted
// together with them.

import { sharedMicroseconds } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import { Board, CONDUCT_OFFSET, GlobalWord, RATES_OFFSET } from '../board/board.ts'
import { ConductTable } from '../board/conduct.ts'
import { RateTable } from '../board/rates.ts'
import { holderIn } from '../admission/waiting/holder.ts'
import type { EdgeRooms } from '../admission/waiting/edge-rooms.ts'
import { Conducts } from '../client/conduct.ts'
import { Quotas } from '../client/quota.ts'
import type { Birth, EdgeToCore } from '../threads/messages.ts'
import { Together } from './together.ts'

export interface Counts {
  readonly quotas: Quotas
  readonly conducts: Conducts
  /** Undefined on a machine by itself. */
  readonly together: Together | undefined
}

/** `seed` is the process's own; `send` asks core. */
export function countsOn(
  { board, config }: Pick<Birth, 'board' | 'config'>,
  seed: number,
  clock: Clock,
  rooms: EdgeRooms,
  send: (message: EdgeToCore) => void,
): Counts {
  const now = sharedMicroseconds(clock)
  const { global } = new Board(board)
  const together = config.cluster.url.length === 0 ? undefined : new Together(send)
  const nodes = (): number => global[GlobalWord.nodes]!
  return {
    together,
    quotas: new Quotas(new RateTable(board, RATES_OFFSET, seed), now, holderIn(rooms), nodes, together?.take),
    conducts: new Conducts(new ConductTable(board, CONDUCT_OFFSET, seed), now),
  }
}
