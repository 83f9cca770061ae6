// What an edge needs for the method PURGE: the admin token, and core to do it.

import type { Purger, PurgeWish } from '../cache/purge-method.ts'
import type { Config } from '../config/types.ts'
import { TOKEN_FILE, bearerOf, isSame, readKept } from '../threads/admin-token.ts'
import type { CoreToEdge, EdgeToCore } from '../threads/messages.ts'

type Purged = Extract<CoreToEdge, { type: 'purged' }>

/** Milliseconds: core gives silent edges and the disk five seconds each. */
const PATIENCE = 11_000

export interface PurgerDeps {
  config(): Pick<Config, 'admin' | 'data'>
  send(message: EdgeToCore): void
  nextId(): number
}

export class EdgePurger implements Purger {
  readonly #deps: PurgerDeps
  readonly #open = new Map<number, (done: Purged | undefined) => void>()

  constructor(deps: PurgerDeps) {
    this.#deps = deps
  }

  isAllowed(authorization: string | undefined): boolean {
    const given = bearerOf(authorization)
    if (given === undefined) return false
    const { admin, data } = this.#deps.config()
    const token = admin.token?.secret ?? readKept(data, TOKEN_FILE)
    return token !== undefined && token !== '' && isSame(given, token)
  }

  purge(wish: PurgeWish): ReturnType<Purger['purge']> {
    const id = this.#deps.nextId()
    return new Promise(resolve => {
      const timer = setTimeout(() => this.#settle(id, undefined), PATIENCE)
      this.#open.set(id, done => {
        clearTimeout(timer)
        resolve(done && { purged: done.purged, edges: done.edges, silent: done.silent })
      })
      this.#deps.send({ type: 'purge', id, ...wish })
    })
  }

  /** Core's answer. */
  settle(done: Purged): void {
    this.#settle(done.id, done)
  }

  /** A new core knows nothing of what the old one was asked. */
  reset(): void {
    for (const id of [...this.#open.keys()]) this.#settle(id, undefined)
  }

  #settle(id: number, done: Purged | undefined): void {
    const settle = this.#open.get(id)
    this.#open.delete(id)
    settle?.(done)
  }
}
