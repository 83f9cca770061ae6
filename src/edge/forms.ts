// An edge's part in collecting forms: the way to the forms thread for the collect room, the receipts that visitors look at, and the
// sending of what was collected.

import { Seal } from '../base/seal.ts'
import type { Places } from '../board/places.ts'
import { systemClock } from '../base/clock.ts'
import { type CollectDeps, REHEARSED } from '../collect/room.ts'
import { receiptAnswer } from '../collect/receipt-page.ts'
import type { Config } from '../config/types.ts'
import type { Answer } from '../exchange.ts'
import type { Fields } from '../http/fields.ts'
import { refusalAnswer } from '../refusal.ts'
import type { Sites } from '../site/sites.ts'
import type { ReceiptView } from '../threads/forms.ts'
import { LearntForms } from '../threads/learnt.ts'
import type { LearntForm } from '../threads/learnt.ts'
import type { MessagePort } from 'node:worker_threads'
import { bodiesFolder } from './bodies.ts'
import { FormsLink } from './forms-link.ts'
import { createReplayLine } from './line.ts'
import type { LineDeps } from './line.ts'
import { Sender } from './sender.ts'

export class EdgeForms {
  /** What the collect room needs. */
  readonly deps: Omit<CollectDeps, 'isRehearsal'> & Pick<LineDeps, 'learn'>
  readonly #learnt = new LearntForms()
  readonly #link: FormsLink
  readonly #places: Places
  readonly #sites: Sites
  #sender: Sender | undefined

  constructor(places: Places, sites: Sites, { data, journal }: Config) {
    this.#places = places
    this.#sites = sites
    this.#link = new FormsLink(
      message => {
        if (message.type === 'learnt') for (const form of message.forms) this.#learnt.add(form)
        else this.#sender?.hear(message)
      },
      () => this.#sender?.forget(),
    )
    this.deps = {
      forms: this.#link,
      learn: (site, asked) => this.#learn(site, asked),
      learnt: (site, path) => this.#learnt.of(site, path, systemClock.now()),
      isFull: site => places.isFull(site),
      bodies: bodiesFolder(data),
      seal: new Seal(journal.key?.secret),
    }
  }

  /** What a page asks that has just passed. */
  #learn(site: string, asked: Parameters<LineDeps['learn']>[1]): void {
    const at = systemClock.now()
    const forms: LearntForm[] = asked.map(({ path, controls }) => ({ site, path, fields: controls, at }))
    const news = forms.filter(form => this.#learnt.add(form))
    if (news.length > 0) this.#link.send({ type: 'learnt', forms: news })
  }

  /** From now on forms can be sent. */
  begin(line: LineDeps): void {
    this.#sender = new Sender({
      send: createReplayLine(line),
      places: this.#places,
      sites: this.#sites,
      tell: message => this.#link.send(message),
      bodies: this.deps.bodies,
      seal: this.deps.seal,
      maxBody: () => line.maxBody(),
    })
  }

  /** The forms thread, or a new one, stands at the other end. */
  connect(port: MessagePort): void {
    this.#link.connect(port)
  }

  /** Only on the hosts of the site that the form was for. */
  async receiptPage({ host, fields }: { host: string; fields: Fields }, receipt: string): Promise<Answer> {
    const view = receipt.startsWith(REHEARSED) ? this.#forgotten(host) : await this.#link.receipt(receipt)
    if (view === undefined) return refusalAnswer({ fields }, 'journal-away')
    const isHere = view !== null && this.#sites.find(host)?.config.name === view.site
    return receiptAnswer(fields, receipt, isHere ? view : null)
  }

  /** Of a form that was part of a rehearsal nothing was kept. */
  #forgotten(host: string): ReceiptView {
    const now = systemClock.now()
    return { site: this.#sites.find(host)?.config.name ?? '', state: 'erased', at: now, changed: now, reason: null }
  }

  close(): void {
    this.#link.close()
  }
}
