// What a server of Node's own keeps alive, after its garbage was collected: asked through the inspector, of each of its threads.
// Resident memory tells how far the heap has grown, most of which is garbage that nobody has needed to collect yet.

import { once } from 'node:events'

/** Bytes of objects and of buffers outside the heap, of all threads together. Twice collected, for what the first sets free. */
export async function liveBytes(inspectorPort: number): Promise<number> {
  const [target] = (await (await fetch(`http://127.0.0.1:${inspectorPort}/json/list`)).json()) as [
    { webSocketDebuggerUrl: string },
  ]
  const inspector = new Inspector(new WebSocket(target.webSocketDebuggerUrl))
  try {
    const threads = await inspector.threads()
    let sum = 0
    for (const thread of threads) {
      for (let times = 0; times < 2; times++) await inspector.ask(thread, 'HeapProfiler.collectGarbage', {})
      const expression = '(m => m.heapUsed + m.external)(process.memoryUsage())'
      const { result } = (await inspector.ask(thread, 'Runtime.evaluate', { expression })) as {
        result: { value: number }
      }
      sum += result.value
    }
    return sum
  } finally {
    inspector.close()
  }
}

interface Message {
  id?: number
  method?: string
  params?: { sessionId: string; message?: string }
  result?: unknown
}

/** Threads report within this, milliseconds. */
const ATTACHED_WITHIN = 1000

class Inspector {
  readonly #socket: WebSocket
  readonly #sessions: string[] = []
  readonly #waiting = new Map<number, (result: unknown) => void>()
  #last = 0

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#hear(JSON.parse(String(data)) as Message))
  }

  async threads(): Promise<readonly string[]> {
    await once(this.#socket, 'open')
    this.#socket.send(
      JSON.stringify({ id: ++this.#last, method: 'NodeWorker.enable', params: { waitForDebuggerOnStart: false } }),
    )
    await new Promise(resolve => setTimeout(resolve, ATTACHED_WITHIN))
    return this.#sessions
  }

  ask(sessionId: string, method: string, params: object): Promise<unknown> {
    const id = ++this.#last
    const message = JSON.stringify({ id, method, params })
    return new Promise(resolve => {
      this.#waiting.set(id, resolve)
      this.#socket.send(
        JSON.stringify({ id: ++this.#last, method: 'NodeWorker.sendMessageToWorker', params: { sessionId, message } }),
      )
    })
  }

  close(): void {
    this.#socket.close()
  }

  #hear({ method, params }: Message): void {
    if (method === 'NodeWorker.attachedToWorker') this.#sessions.push(params!.sessionId)
    if (method !== 'NodeWorker.receivedMessageFromWorker') return
    const { id, result } = JSON.parse(params!.message!) as Message
    this.#waiting.get(id!)?.(result)
    this.#waiting.delete(id!)
  }
}
