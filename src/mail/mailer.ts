// Sends mail through the operator's mail server (nodemailer): for alerts, and for whoever has to be written to about a receipt.
// Each thread that sends has a mailer of its own, with two connections at most, so that a server that hangs holds up nobody else.

import { isIP } from 'node:net'
import type { Transporter } from 'nodemailer'
import type { Config } from '../config/types.ts'

/** Milliseconds until a server that does not answer is given up. */
const GREETED_WITHIN = 10_000
const ANSWERED_WITHIN = 30_000
/** Connections to the server, and letters over one of them: what small mail servers take from one client. */
const MOST_CONNECTIONS = 2
const MOST_LETTERS = 100

export interface Letter {
  /** One address: who shares a letter learns of the others, and would get it twice when one of them has to be tried again. */
  to: string
  subject: string
  text: string
  /** The same again is the same letter: a reader that has had it shows one. Without it the letter gets a number of its own. */
  id?: string
}

/** Mail as the config has it once a server and a sender are named. */
type MailConfig = Config['mail'] & { server: string; from: string }

export class Mailer {
  readonly #config: MailConfig
  #transport: Promise<Transporter> | undefined

  constructor(config: MailConfig) {
    this.#config = config
  }

  /** Resolves once the server has taken the letter. Rejects with what the server said, or why it could not be reached. */
  async send({ to, subject, text, id }: Letter): Promise<void> {
    const { from } = this.#config
    const transport = await (this.#transport ??= transportTo(this.#config))
    await transport.sendMail({
      ...{ from, to, subject, text },
      // What answers by itself should not answer to these (RFC 3834).
      headers: { 'Auto-Submitted': 'auto-generated' },
      ...(id === undefined ? {} : { messageId: `<${id}@${from.split('@').at(-1)!.replace(/>$/, '')}>` }),
    })
  }

  /** Letters under way are sent; then the connections end. */
  close(): void {
    void this.#transport?.then(transport => transport.close())
  }
}

/** The library is loaded with the first letter: a start is to be short, and most have none to send. */
async function transportTo({ server, user, password }: MailConfig): Promise<Transporter> {
  const { createTransport } = await import('nodemailer')
  const { protocol, hostname, port } = new URL(server)
  const secure = protocol === 'smtps:'
  return createTransport({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    // A password goes out encrypted or not at all; on this machine nobody is between.
    requireTLS: !secure && user !== undefined && !isLoopback(hostname),
    ...(user === undefined ? {} : { auth: { user, pass: password?.secret ?? '' } }),
    ...{ pool: true, maxConnections: MOST_CONNECTIONS, maxMessages: MOST_LETTERS },
    ...{ connectionTimeout: GREETED_WITHIN, greetingTimeout: GREETED_WITHIN, socketTimeout: ANSWERED_WITHIN },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  })
}

/** Undefined where the config names no server. */
export function mailerOf({ server, from, ...others }: Config['mail']): Mailer | undefined {
  return server === undefined || from === undefined ? undefined : new Mailer({ ...others, server, from })
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'))
