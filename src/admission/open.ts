// Questions to core that are open: who enters a waiting room, what all nodes count together. Each is answered by its number, or by what holds
// where core shows no life.

/** Milliseconds until a question that core has not answered is answered without it. */
const PATIENCE = 1000

/** Questions of one kind that core has not answered yet. */
export class Open<Answer> {
  readonly #otherwise: Answer
  readonly #open = new Map<number, { done: (answer: Answer) => void; timer: NodeJS.Timeout }>()
  #last = 0

  constructor(otherwise: Answer) {
    this.#otherwise = otherwise
  }

  ask(send: (id: number) => void): Promise<Answer> {
    const id = ++this.#last
    return new Promise(resolve => {
      const timer = setTimeout(() => this.answered(id, this.#otherwise), PATIENCE)
      this.#open.set(id, { done: resolve, timer })
      send(id)
    })
  }

  answered(id: number, answer: Answer): void {
    const open = this.#open.get(id)
    if (open === undefined) return
    this.#open.delete(id)
    clearTimeout(open.timer)
    open.done(answer)
  }
}
