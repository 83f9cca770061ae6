// Watch's side of the channel to core: questions with a number, each answered once or given up. Core's status is asked for
// each second and kept, so that no page of the admin address ever waits for a core that stalls.

import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '../base/clock.ts'
import type { Mode } from '../config/modes.ts'
import { Channel } from '../threads/channel.ts'
import type {
  CertificatesHeard,
  CertificatesSaid,
  EventsHeard,
  EventsSaid,
  EventsUnheard,
  Figures,
  Spread,
  StepClaim,
  StepClaimed,
} from '../threads/cluster.ts'
import type { CoreStatus, CoreToWatch, NotDone, OriginRow, WatchToCore } from '../threads/messages.ts'
import type { Admission, RoomChange } from '../threads/rooms.ts'

/** Core answers within a millisecond; one that takes longer stalls. */
const ANSWER_WITHIN = 2_000
/** The server of the cluster is asked, which answers within a second or not at all. */
const FORGOTTEN_WITHIN = 5_000
/** A purge looks at each stored response, up to 4 Mi of them within some ten seconds, and waits for the disk for five. */
const PURGED_WITHIN = 30_000

export type Command = Extract<WatchToCore, { site: string | null }>
export type CommandType = Command['type']
interface Away {
  code: 'core-away'
  message: string
}
export type Outcome = { origins: OriginRow[] } | { code: NotDone | 'core-away'; message: string }
/** How much was stored of what was to be purged (responses, or URLs; nobody counts by tag), and how many edges have acknowledged it, or not in time. */
export type Purged = ({ purged: number | null; edges: number; silent: number } & Partial<Spread>) | Away

type NotSet = Extract<Outcome, { code: string }>

const away: Away = { code: 'core-away', message: 'The core thread does not answer. Try again in a few seconds.' }

type Answer = Exclude<CoreToWatch, { type: 'status' }> | Away

export class CoreLink {
  readonly #clock: Clock
  #channel: Channel<WatchToCore, CoreToWatch> | undefined
  #nextId = 1
  readonly #asked = new Map<number, (answer: Answer) => void>()
  #status: CoreStatus | undefined
  #statusAt = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Speaks to the core at this port from now on. What was asked of the old one is given up. */
  connect(port: MessagePort): void {
    this.#channel?.close()
    for (const answer of this.#asked.values()) answer(away)
    const channel = new Channel<WatchToCore, CoreToWatch>(port)
    channel.onMessage(message => this.#heard(message))
    this.#channel = channel
    this.askStatus()
  }

  /** `figures` are for the other nodes. */
  askStatus(figures?: Figures): void {
    this.#channel?.send({ type: 'status', id: this.#nextId++, ...(figures !== undefined && { figures }) })
  }

  /** Core's last status, and how old it is in milliseconds. */
  get status(): { status: CoreStatus; age: number } | undefined {
    return this.#status && { status: this.#status, age: this.#clock.monotonic() - this.#statusAt }
  }

  async command(type: CommandType, site: string | null, url: string): Promise<Outcome> {
    const answer = await this.#ask(id => ({ type, id, site, url }), ANSWER_WITHIN)
    if ('code' in answer) return { code: answer.code, message: answer.message }
    return answer.type === 'done' ? { origins: answer.origins } : away
  }

  /** Puts a site into a mode; null when it is done, else why it is not. */
  async setMode(site: string | null, mode: Mode, until: number | null, why = 'by command'): Promise<NotSet | null> {
    const answer = await this.#ask(id => ({ type: 'mode', id, of: site, mode, until, why }), ANSWER_WITHIN)
    if ('code' in answer) return { code: answer.code, message: answer.message }
    return answer.type === 'mode-set' ? null : away
  }

  /** Puts a snapshot into use, 0 for none; null when it is done, else why it is not. */
  async useSnapshot(of: string, version: number): Promise<NotSet | null> {
    const answer = await this.#ask(id => ({ type: 'snapshot', id, of, version }), ANSWER_WITHIN)
    if ('code' in answer) return { code: answer.code, message: answer.message }
    return answer.type === 'mode-set' ? null : away
  }

  /** How a waiting room is to call in place of what its config says; null when it is done, else why it is not. */
  async admit(of: string, room: string, admission: Admission | null): Promise<NotSet | null> {
    const answer = await this.#ask(id => ({ type: 'admission', id, of, room, admission }), ANSWER_WITHIN)
    if ('code' in answer) return { code: answer.code, message: answer.message }
    return answer.type === 'admission-set' ? null : away
  }

  /** Changes a waiting room; null when it is done, else why it is not. */
  async changeRoom(site: string | null, room: string | null, change: RoomChange): Promise<NotSet | null> {
    const answer = await this.#ask(id => ({ type: 'waiting-room', id, of: site, room, change }), ANSWER_WITHIN)
    if ('code' in answer) return { code: answer.code, message: answer.message }
    return answer.type === 'room-changed' ? null : away
  }

  /** Whether this node is to do a step of an event. */
  async claim(claim: StepClaim): Promise<StepClaimed> {
    const answer = await this.#ask(id => ({ type: 'step', id, ...claim }), ANSWER_WITHIN)
    return 'type' in answer && answer.type === 'step-claimed' ? answer : { how: 'away', mark: null }
  }

  /** What was commanded of events on any node. */
  async events(said: EventsSaid): Promise<EventsHeard | EventsUnheard> {
    const answer = await this.#ask(id => ({ type: 'events', id, said }), ANSWER_WITHIN)
    return 'type' in answer && answer.type === 'events-heard' ? answer.heard : 'unsure'
  }

  /** What all nodes have of ordered certificates. */
  async certificates(said: CertificatesSaid): Promise<CertificatesHeard | 'away'> {
    const answer = await this.#ask(id => ({ type: 'certificates', id, said }), ANSWER_WITHIN)
    return 'type' in answer && answer.type === 'certificates-heard' ? answer.heard : 'away'
  }

  /** A lost node of the cluster is gone for good; null when it is forgotten, else why it is not. */
  async forget(node: string): Promise<NotSet | null> {
    const answer = await this.#ask(id => ({ type: 'cluster-forget', id, node }), FORGOTTEN_WITHIN)
    if ('code' in answer) return { code: answer.code, message: answer.message }
    return answer.type === 'cluster-forgotten' ? null : away
  }

  /** Purges what lies under keys that begin so. */
  purge(below: string[], soft: boolean): Promise<Purged> {
    return this.#purge(id => ({ type: 'purge', id, below, soft }))
  }

  /** Purges what lies under these keys, those of one URL together. */
  purgeKeys(urls: string[][], soft: boolean): Promise<Purged> {
    return this.#purge(id => ({ type: 'purge-keys', id, urls, soft }))
  }

  /** Purges what has a tag of one of these hashes. */
  purgeTags(hashes: number[], soft: boolean): Promise<Purged> {
    return this.#purge(id => ({ type: 'purge-tags', id, hashes, soft }))
  }

  async #purge(question: (id: number) => WatchToCore): Promise<Purged> {
    const answer = await this.#ask(question, PURGED_WITHIN)
    if (!('type' in answer) || answer.type !== 'purged') return away
    const { purged, edges, silent, nodes, without } = answer
    return { purged, edges, silent, ...(nodes === undefined ? {} : { nodes, without: without ?? [] }) }
  }

  #ask(question: (id: number) => WatchToCore, within: number): Promise<Answer> {
    const channel = this.#channel
    if (channel === undefined || channel.closed) return Promise.resolve(away)
    const id = this.#nextId++
    return new Promise(resolve => {
      const timer = setTimeout(() => answer(away), within)
      const answer = (answered: Answer) => {
        clearTimeout(timer)
        this.#asked.delete(id)
        resolve(answered)
      }
      this.#asked.set(id, answer)
      channel.send(question(id))
    })
  }

  #heard(message: CoreToWatch): void {
    if (message.type === 'status') {
      this.#status = message.status
      this.#statusAt = this.#clock.monotonic()
      return
    }
    if (message.type === 'done' && this.#status !== undefined)
      this.#status = { ...this.#status, origins: message.origins }
    if (message.type === 'room-changed' && this.#status !== undefined)
      this.#status = { ...this.#status, rooms: message.rooms }
    this.#asked.get(message.id)?.(message)
  }
}
