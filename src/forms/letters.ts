// Letters about receipts, to whoever sent a form and gave an address: that it was taken, and what became of it. The receipt's page
// says the same at any time, so a letter that the mail server does not take is tried a few times and then let go.

import type { Config } from '../config/types.ts'
import { mailerOf } from '../mail/mailer.ts'
import type { Letter, Mailer } from '../mail/mailer.ts'
import type { FormHead, FormState } from '../threads/forms.ts'
import type { Log } from '../threads/log.ts'
import { fieldsOf } from './fields.ts'

/** Letters that wait at most: at 1 KiB each 10 MiB. Beyond that the newest are left out. */
const MOST = 10_000
const TRIES = 3
/** Milliseconds between two tries. */
const AGAIN = 60_000
/** Letters under way at once. */
const AT_ONCE = 2
/** One address that a mail server can be asked to take; nothing that could begin another line. */
const ADDRESS = /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/
const LONGEST_ADDRESS = 254

type Told = 'taken' | Extract<FormState, 'delivered' | 'rejected'>

const WORDS: Readonly<Record<Told, { subject: string; text: string }>> = {
  taken: {
    subject: 'Your form was received',
    text: 'Your form was received and is kept safely. It will be handed to the site soon; you need not send it again.',
  },
  delivered: { subject: 'Your form has arrived', text: 'The site has taken your form.' },
  rejected: { subject: 'Your form was not accepted', text: 'The site has refused your form.' },
}

export class Letters {
  #mailer: Mailer | undefined
  #waiting: { letter: Letter; tries: number; at: number }[] = []
  #underWay = 0
  readonly #log: Log

  constructor(config: Config, log: Log) {
    this.#log = log
    this.configure(config)
  }

  configure({ mail }: Config): void {
    this.#mailer?.close()
    this.#mailer = mailerOf(mail)
  }

  /** Writes to the address in the form's field of this name, where there is one. */
  tell(told: Told, head: FormHead, content: Buffer, field: string, receipt: string, reason: string | null): void {
    if (this.#mailer === undefined || this.#waiting.length >= MOST) return
    const to = fieldsOf(head, content).get(field)?.[0]?.trim() ?? ''
    if (!ADDRESS.test(to) || to.length > LONGEST_ADDRESS) return
    const { subject, text } = WORDS[told]
    const { scheme, host } = head
    const why = reason === null || told !== 'rejected' ? '' : `\n\n${reason}`
    const page = `${scheme}://${host}/.breakwater/receipts/${receipt}`
    const letter = { to, subject, text: `${text}${why}\n\nReceipt: ${receipt}\n${page}\n`, id: `${receipt}.${told}` }
    this.#waiting.push({ letter, tries: 0, at: 0 })
    this.run()
  }

  /** Sends what is due. */
  run(): void {
    const now = performance.now()
    while (this.#mailer !== undefined && this.#underWay < AT_ONCE) {
      const i = this.#waiting.findIndex(({ at }) => at <= now)
      const next = this.#waiting[i]
      if (next === undefined) return
      this.#waiting.splice(i, 1)
      this.#underWay++
      void this.#send(this.#mailer, next)
    }
  }

  close(): void {
    this.#mailer?.close()
  }

  async #send(mailer: Mailer, { letter, tries }: { letter: Letter; tries: number }): Promise<void> {
    try {
      await mailer.send(letter)
    } catch (error) {
      const isLast = tries + 1 >= TRIES
      if (isLast) this.#log('warn', 'receipt-not-mailed', { error, tries: tries + 1 })
      else this.#waiting.push({ letter, tries: tries + 1, at: performance.now() + AGAIN })
    }
    this.#underWay--
    this.run()
  }
}
