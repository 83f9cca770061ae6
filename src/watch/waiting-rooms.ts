// The waiting rooms on the admin address: how each stands, from the board, and the commands that change how fast visitors come in.

import { RoomPhase, RoomWord } from '../board/rooms.ts'
import { Refusal } from '../config/kind.ts'
import { paceOrAuto } from '../config/kinds/moment.ts'
import { surroundingsIn } from '../config/surroundings.ts'
import type { RoomChange, RoomState } from '../threads/rooms.ts'
import type { Metric } from './exposition.ts'
import { json, problem } from './reply.ts'
import type { Reply } from './reply.ts'
import type { Sources } from './stats.ts'

const PACE = paceOrAuto('1/h', '10000/s')
const FORM =
  'Say which: {"rate": "300/min"}, {"rate": "auto"} for the config\'s, {"pause": true} or {"pause": false}; with "site" and "room" where there are several.'

const PHASES = Object.fromEntries(Object.entries(RoomPhase).map(([name, phase]) => [phase, name]))

/** Each room: people waiting, called and inside; visitors a second as set and as measured; seconds that one who comes now will wait. */
export function waitingRoomsOf({ board, core }: Pick<Sources, 'board' | 'core'>) {
  return (core.status?.status.rooms ?? []).map(state => ({
    site: state.site,
    room: state.room,
    ...figuresOf(board, state),
  }))
}

function figuresOf(board: Sources['board'], { index, commanded }: RoomState) {
  const row = board.room(index)
  const waiting = row.presentBefore(row.get(RoomWord.next))
  const measured = row.get(RoomWord.rate) / 1000
  const places = row.get(RoomWord.places)
  return {
    phase: PHASES[row.get(RoomWord.phase)] ?? 'open',
    waiting,
    called: row.get(RoomWord.awaited),
    inside: row.get(RoomWord.active),
    sessions: places,
    /** Visitors a second. */
    rate: { set: row.get(RoomWord.pace) / 1000, measured },
    estimate: waiting === 0 ? 0 : measured > 0 ? Math.round(waiting / measured) : null,
    paused: commanded.isPaused === true,
    commanded: commanded.rate ?? null,
  }
}

/** Changes the pace of a room, or pauses it; answers with all rooms. */
export async function changeRoom(sources: Sources, given: Record<string, unknown>): Promise<Reply> {
  const { site = null, room = null, rate, pause, ...others } = given
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return problem(422, `There is no member ${JSON.stringify(unknown)} here. ${FORM}`)
  if (!isName(site) || !isName(room) || (rate === undefined) === (pause === undefined)) return problem(422, FORM)
  const change = changeOf(rate, pause)
  if (typeof change === 'string') return problem(422, `${change}. ${FORM}`)
  const outcome = await sources.core.changeRoom(site, room, change)
  if (outcome !== null) return problem(statuses[outcome.code] ?? 503, outcome.message, { code: outcome.code })
  return json({ waitingRooms: waitingRoomsOf(sources) })
}

function changeOf(rate: unknown, pause: unknown): RoomChange | string {
  if (rate === undefined) return typeof pause === 'boolean' ? { isPaused: pause } : 'pause has to be true or false'
  const read = PACE.read(
    rate,
    surroundingsIn('/', () => {}),
  )
  return read instanceof Refusal ? `rate: ${read.message}` : { rate: read }
}

const statuses: Partial<Record<string, number>> = { 'unknown-room': 404, 'which-room': 422 }

const isName = (value: unknown): value is string | null => value === null || typeof value === 'string'

export function waitingRoomMetrics(sources: Pick<Sources, 'board' | 'core'>): Metric[] {
  const rooms = waitingRoomsOf(sources)
  const each = (name: string, help: string, value: (room: (typeof rooms)[number]) => number | null): Metric => ({
    ...{ name: `breakwater_waiting_room_${name}`, help, type: 'gauge' },
    samples: rooms.flatMap(room => {
      const one = value(room)
      return one === null ? [] : [{ labels: { site: room.site, room: room.room }, value: one }]
    }),
  })
  return [
    each('waiting', 'Visitors who wait and are still there.', room => room.waiting),
    each('called', 'Visitors whose turn it is, and who have not come yet.', room => room.called),
    each('inside', 'Sessions now.', room => room.inside),
    each('rate_per_second', 'Visitors who may come in in a second now.', room => room.rate.set),
    each(
      'called_per_second',
      'Visitors called in a second, over the last minute in which somebody waited.',
      room => room.rate.measured,
    ),
    each('estimate_seconds', 'What one who comes now will wait.', room => room.estimate),
    each('paused', '1 while nobody comes in by command.', room => Number(room.paused)),
  ]
}
