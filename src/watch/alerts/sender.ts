// Tells people: a signed webhook, Slack, mail, a command. Each channel for itself, so that one that hangs holds up no other, with a
// bounded queue and a few tries; what could not be said is counted and stands in the log.

import { createHash, createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../../config/types.ts'
import { mailerOf } from '../../mail/mailer.ts'
import type { Letter, Mailer } from '../../mail/mailer.ts'
import type { Log } from '../../threads/log.ts'
import { post, run } from '../outward.ts'
import type { Alert, News } from './book.ts'

type AlertsConfig = Pick<Config, 'alerts' | 'mail'>

/** Milliseconds before each further try. */
const TRY_AGAIN = [1000, 5000, 30_000]
/** News of one channel that may wait: at one a second a minute and a half of a channel that hangs. */
const MOST_WAITING = 100
/** Characters of a subject; with a thousand sites it would be longer than any reader shows. */
const LONGEST_SUBJECT = 200

export interface Message extends News {
  /** `test` when somebody pressed the button. */
  kind: 'alert' | 'test'
  sites: string[]
}

type Send = (message: Message) => Promise<void>

class Channel {
  /** Messages that were given up. */
  lost = 0
  readonly #name: string
  readonly #send: Send
  readonly #log: Log
  readonly #tryAgain: readonly number[]
  readonly #waiting: Message[] = []
  #isBusy = false

  constructor(name: string, send: Send, log: Log, tryAgain: readonly number[]) {
    this.#name = name
    this.#send = send
    this.#log = log
    this.#tryAgain = tryAgain
  }

  say(message: Message): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#waiting.shift()
      this.lost++
    }
    this.#waiting.push(message)
    if (!this.#isBusy) void this.#work()
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const error = await this.try(next)
      if (error === null) continue
      this.lost++
      this.#log('error', 'alert-not-sent', { channel: this.#name, error })
    }
    this.#isBusy = false
  }

  /** What went wrong the last time, or null when it was said. */
  async try(message: Message, tries = this.#tryAgain.length): Promise<string | null> {
    for (let i = 0; ; i++) {
      try {
        await this.#send(message)
        return null
      } catch (error) {
        if (i >= tries) return error instanceof Error ? error.message : String(error)
        await sleep(this.#tryAgain[i])
      }
    }
  }
}

export class Sender {
  readonly #log: Log
  readonly #tryAgain: readonly number[]
  #channels = new Map<string, Channel>()
  #mailer: Mailer | undefined

  constructor(log: Log, tryAgain: readonly number[] = TRY_AGAIN) {
    this.#log = log
    this.#tryAgain = tryAgain
  }

  configure({ alerts: { webhook, slack, email, command }, mail }: AlertsConfig): void {
    const { url, secret } = webhook
    this.#mailer?.close()
    const mailer = (this.#mailer = email.length > 0 ? mailerOf(mail) : undefined)
    const sends: [string, Send][] = []
    if (url !== undefined) sends.push(['webhook', message => postSigned(url, secret?.secret, message)])
    if (slack !== undefined)
      sends.push(['slack', message => post(slack.secret, JSON.stringify({ text: textOf(message) }))])
    if (mailer !== undefined)
      for (const to of email) sends.push([`email ${to}`, message => mailer.send(letterOf(to, message))])
    if (command !== undefined) sends.push(['command', message => run(command, JSON.stringify(message))])
    this.#channels = new Map(sends.map(([name, send]) => [name, new Channel(name, send, this.#log, this.#tryAgain)]))
  }

  say(message: Message): void {
    for (const channel of this.#channels.values()) channel.say(message)
  }

  /** Tries each channel once; resolves with what went wrong with it, or null. */
  async test(message: Message): Promise<{ channel: string; error: string | null }[]> {
    return Promise.all(
      [...this.#channels].map(async ([channel, each]) => ({ channel, error: await each.try(message, 0) })),
    )
  }

  get channels(): { channel: string; lost: number }[] {
    return [...this.#channels].map(([channel, { lost }]) => ({ channel, lost }))
  }
}

/**
 * With `Breakwater-Signature: t=SECONDS,v1=HEX`: HMAC-SHA-256 under the secret over "SECONDS.BODY", so that neither the body nor the
 * moment can be another's.
 */
function postSigned(url: string, secret: string | undefined, message: Message): Promise<void> {
  const body = JSON.stringify(message)
  if (secret === undefined) return post(url, body)
  const t = Math.floor(message.at / 1000)
  const v1 = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')
  return post(url, body, { 'Breakwater-Signature': `t=${t},v1=${v1}` })
}

const names = (alerts: readonly Alert[]): string => [...new Set(alerts.map(({ name }) => name))].join(', ')

/** One letter for all that began or ended in the same second; each gets the same text as Slack. */
function letterOf(to: string, message: Message): Letter {
  const { kind, at, sites, fired, resolved } = message
  const what =
    kind === 'test'
      ? 'A test of the alerts'
      : [fired.length > 0 ? names(fired) : '', resolved.length > 0 ? `over: ${names(resolved)}` : '']
          .filter(Boolean)
          .join('; ')
  const id = `breakwater.${at}.${createHash('sha256')
    .update(`${to} ${what} ${sites.join(' ')}`)
    .digest('hex')
    .slice(0, 16)}`
  return { to, id, subject: `${what} (${sites.join(', ')})`.slice(0, LONGEST_SUBJECT), text: `${textOf(message)}\n` }
}

/** The message in lines for people. */
function textOf({ kind, sites, fired, resolved }: Message): string {
  const lines = [
    ...fired.map(({ name, severity, text, advice }) => `${severity === 'page' ? '✖' : '!'} ${name}: ${text} ${advice}`),
    ...resolved.map(
      ({ name, since, until }) => `✔ ${name}: over after ${Math.round(((until ?? since) - since) / 1000)} s`,
    ),
  ]
  const head = kind === 'test' ? 'A test of the alerts' : 'Breakwater'
  return [`${head} (${sites.join(', ')})`, ...lines].join('\n')
}
