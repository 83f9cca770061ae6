// Questions to core about what all nodes count together. Core answers once the cluster's server has; where it shows no life a request is
// counted by this machine's part.

import { Open } from '../admission/open.ts'
import type { TakeTogether } from '../client/quota.ts'
import type { RateTaken } from '../threads/cluster.ts'
import type { EdgeToCore } from '../threads/messages.ts'

export class Together {
  readonly #open = new Open<RateTaken | null>(null)
  readonly #send: (message: EdgeToCore) => void

  constructor(send: (message: EdgeToCore) => void) {
    this.#send = send
  }

  take: TakeTogether = (site, takes) => this.#open.ask(id => this.#send({ type: 'rate', id, site, takes }))

  /** Core's word. */
  rated(id: number, taken: RateTaken | null): void {
    this.#open.answered(id, taken)
  }
}
