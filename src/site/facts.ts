// What rules may ask about a request. Each answer is worked out when the first rule asks for it.

import { cookiesOf } from '../http/cookies.ts'
import type { Fields } from '../http/fields.ts'
import { all } from '../http/fields.ts'
import { normalPath } from '../http/path.ts'

/** The request as the exchange has it. */
export interface RequestFacts {
  readonly method: string
  /** Origin-form target, query included. */
  readonly target: string
  /** Lower case, perhaps with a port. */
  readonly host: string
  readonly fields: Fields
}

export class Facts {
  readonly request: RequestFacts
  #path: string | undefined
  #parameters: URLSearchParams | undefined
  #cookies: [name: string, value: string][] | undefined

  constructor(request: RequestFacts) {
    this.request = request
  }

  /** HEAD counts as GET: both ask for the same response (RFC 9110 section 9.3.2). */
  get method(): string {
    return this.request.method === 'HEAD' ? 'GET' : this.request.method
  }

  get path(): string {
    const { target } = this.request
    const end = target.indexOf('?')
    return (this.#path ??= normalPath(end === -1 ? target : target.slice(0, end)))
  }

  parameters(name: string): string[] {
    const { target } = this.request
    const start = target.indexOf('?')
    this.#parameters ??= new URLSearchParams(start === -1 ? '' : target.slice(start + 1))
    return this.#parameters.getAll(name)
  }

  fields(name: string): string[] {
    return all(this.request.fields, name)
  }

  cookies(name: string): string[] {
    this.#cookies ??= cookiesOf(this.request.fields)
    return this.#cookies.filter(([each]) => each === name).map(([, value]) => value)
  }
}
