// A collected form as the rooms see it when it is sent: the request as it came, with the two fields by which an origin can
// tell that it has seen it before. Nobody waits for the answer.

import type { Outcome } from '../board/counters.ts'
import type { Settings, SiteConfig } from '../config/types.ts'
import { BytesBody } from '../exchange.ts'
import type { Body, Client, Exchange, Intent, Permit } from '../exchange.ts'
import type { Fields } from '../http/fields.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Site } from '../site/sites.ts'
import type { Form } from '../threads/forms.ts'

export interface FormWays {
  /** The target of a probe, which goes out in place of the form. */
  ask: string | null
  /** A body that lies in a file. */
  body: Body | null
  permit: Permit
  site: Site
}

export class FormExchange implements Exchange {
  readonly startedAt = performance.now()
  readonly method: string
  target: string
  readonly host: string
  fields: Fields
  readonly peer: Exchange['peer']
  readonly httpVersion = '1.1'
  body: Body | null
  readonly upgrade = undefined
  readonly gone: Exchange['gone'] = new AbortController().signal
  site: SiteConfig
  settings: Settings
  settingsOf: Exchange['settingsOf']
  client: Client
  key: string | undefined = undefined
  intent: Intent = 'pass'
  stale: Exchange['stale'] = undefined
  seen: number | undefined = undefined
  purges = 0
  permit: Permit | undefined
  readonly visit = undefined
  quota: Fields | undefined = undefined
  outcome: Outcome = 'failed'
  reason: ReasonCode | undefined = undefined

  constructor({ head, body, clientKey }: Form, receipt: string, ways: FormWays) {
    const isProbe = ways.ask !== null
    this.method = isProbe ? 'GET' : head.method
    this.target = ways.ask ?? head.target
    this.host = head.host
    this.fields = isProbe
      ? ['Accept', '*/*', 'Cache-Control', 'no-cache', 'Breakwater-Receipt', receipt]
      : [...head.fields, 'Idempotency-Key', clientKey ?? receipt, 'Breakwater-Receipt', receipt]
    this.peer = { address: head.client, port: 0, secure: head.scheme === 'https' }
    this.client = { address: head.client, scheme: head.scheme }
    this.body = isProbe ? null : (ways.body ?? new BytesBody(Buffer.from(body, 'latin1')))
    this.permit = ways.permit
    this.site = ways.site.config
    const { host, fields } = this
    this.settingsOf = (target, method = 'GET') => ways.site.rules.settingsFor({ method, host, target, fields })
    // A probe asks the origin itself.
    const settings = ways.site.rules.settingsFor(this)
    this.settings = isProbe ? { ...settings, bypass: true } : settings
  }

  inform(): void {
    // Nobody waits for an interim response.
  }
}
