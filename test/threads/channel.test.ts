// The channel between an edge and core, over real ports and a real thread.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import { MessageChannel, Worker } from 'node:worker_threads'
import { Channel } from '../../src/threads/channel.ts'

test('what is sent in one turn of the event loop arrives as one array, in order', async () => {
  const { port1, port2 } = new MessageChannel()
  const channel = new Channel<number, never>(port1)
  for (let i = 0; i < 5; i++) channel.send(i)
  const [first] = (await once(port2, 'message')) as [number[]]
  channel.send(5)
  const [second] = (await once(port2, 'message')) as [number[]]
  assert.deepEqual([first, second], [[0, 1, 2, 3, 4], [5]])
  channel.close()
})

test('each message is handed to the handler by itself, and the end of its array is told', async () => {
  const { port1, port2 } = new MessageChannel()
  const [one, other] = [new Channel<string, never>(port1), new Channel<never, string>(port2)]
  one.send('a')
  one.send('b')
  const heard: string[] = []
  await new Promise<void>(done => {
    other.onMessage(
      message => heard.push(message),
      () => {
        heard.push('end')
        done()
      },
    )
  })
  assert.deepEqual(heard, ['a', 'b', 'end'])
  other.close()
})

test('closing posts what was gathered first', async () => {
  const { port1, port2 } = new MessageChannel()
  const channel = new Channel<string, never>(port1)
  channel.send('last words')
  channel.close()
  const [words] = (await once(port2, 'message')) as [string[]]
  assert.deepEqual(words, ['last words'])
})

test('a handler that closes its end hears nothing more, not even the rest of the array', async () => {
  const { port1, port2 } = new MessageChannel()
  const [one, other] = [new Channel<number, never>(port1), new Channel<never, number>(port2)]
  const heard: number[] = []
  other.onMessage(message => {
    heard.push(message)
    other.close()
  })
  for (let i = 0; i < 3; i++) one.send(i)
  await once(port1, 'close')
  assert.deepEqual(heard, [0])
})

test('the death of the thread at the other end is told, and sending to it does no harm', async () => {
  const { port1, port2 } = new MessageChannel()
  const peer = new Worker('require("node:worker_threads").workerData.on("message", () => process.exit())', {
    eval: true,
    workerData: port2,
    transferList: [port2],
  })
  const channel = new Channel<string, never>(port1)
  const closed = new Promise<void>(told => channel.onClose(told))
  channel.send('die')
  await Promise.all([closed, once(peer, 'exit')])
  assert.equal(channel.closed, true)
  channel.send('anybody there?')
  channel.flush()
})
