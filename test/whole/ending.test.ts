// How the program ends, and how it goes on where the system gives it no more.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { HOST, ask } from '../fixtures/visitor.ts'

const slowOrigin = (work: number) => Origin.start({ '*': ({ path }) => ({ body: `page ${path}`, work }) })

describe('the program', { timeout: 240_000 }, () => {
  it('answers at SIGTERM what it has accepted, refuses what comes then, and ends with 0', async context => {
    await using origin = await slowOrigin(500)
    // Room for all of them at once: how a limit is found out is another story.
    const sites = [{ origins: [origin.url], origin: { concurrency: 64 } }]
    await using shield = await Shield.start({ config: { sites } })
    const { port } = shield
    const inFlight = Array.from({ length: 50 }, (_, i) => ask(port, `/slow${i}`))
    await until('50 in flight', () => origin.asked.length === 50)
    // Visitors that keep coming, each on a new connection.
    const coming: Promise<string>[] = []
    const timer = setInterval(() => {
      const came = ask(port, `/late${coming.length}`)
      coming.push(
        came.then(
          ({ status }) => String(status),
          (error: NodeJS.ErrnoException) => error.code ?? error.message,
        ),
      )
    }, 5)
    await sleep(200)
    const code = await shield.stop()
    clearInterval(timer)
    assert.equal(code, 0)
    const answers = await Promise.all(inFlight)
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    const late = Object.groupBy(await Promise.all(coming), what => what)
    const counted = Object.entries(late).map(([what, all]) => `${all!.length} ${what}`)
    context.diagnostic(`50 in flight answered; of those that kept coming: ${counted.join(', ')}`)
    // Whoever was accepted is answered. In the kernel's queue at the very moment may be a few whom nobody has accepted.
    assert.deepEqual(
      Object.keys(late).filter(what => !['200', 'ECONNREFUSED', 'ECONNRESET'].includes(what)),
      [],
    )
    assert.ok((late['ECONNRESET']?.length ?? 0) <= 5)
    assert.ok(late['ECONNREFUSED']!.length > 10)
  })

  it('ends at once at a second SIGTERM', async () => {
    await using origin = await slowOrigin(20_000)
    await using shield = await Shield.start({ origins: [origin.url] })
    const cut = ask(shield.port, '/slow').catch((error: NodeJS.ErrnoException) => error.code)
    await until('in flight', () => origin.asked.length === 1)
    shield.kill('SIGTERM')
    await sleep(400)
    const began = performance.now()
    assert.equal(await shield.stop(), 143)
    // The request would have taken 20 s, the time to drain is 30 s.
    assert.ok(performance.now() - began < 10_000)
    assert.equal(await cut, 'ECONNRESET')
  })

  it('keeps files for the origin when visitors open more connections than it may have', async context => {
    if (!hasPrlimit) return context.skip('prlimit is not installed')
    await using origin = await Origin.start({ '*': ({ path }) => ({ body: `page ${path}` }) })
    await using shield = await Shield.start({ origins: [origin.url], under: ['prlimit', '--nofile=200:200', '--'] })
    assert.match(String((await shield.stats()).notices[0]), /^\d+ connections of visitors instead of 20000/)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    assert.equal((await ask(shield.port, '/first', { agent })).text, 'page /first')
    const idle = connections(shield.port, 300)
    const [told] = await shield.heard('connections-full')
    context.diagnostic(`${String(told!['closed'])} of 300 connections closed at once`)
    assert.equal((await ask(shield.port, '/second', { agent })).text, 'page /second')
    for (const socket of idle) socket.destroy()
    const served = async () => (await ask(shield.port, '/third').catch(() => undefined))?.status === 200
    await until('new visitors are served', served)
    assert.equal(shield.logs('out-of-files').length, 0)
    agent.destroy()
  })

  it('says that it is out of files, lives on, and takes visitors again when there are some', async context => {
    if (!hasPrlimit) return context.skip('prlimit is not installed')
    await using origin = await Origin.start({
      '/page': { fields: { 'cache-control': 'max-age=60' }, body: 'page' },
      '/events': (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: hello\n\n')
        return undefined
      },
    })
    await using shield = await Shield.start({ origins: [origin.url], under: ['prlimit', '--nofile=400:400', '--'] })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    await ask(shield.port, '/page', { agent })
    // Each takes two files: one towards the visitor, one towards the origin.
    const seen = { stream: 0, refused: 0, closed: 0 }
    const listeners = connections(shield.port, 500).map(socket => {
      socket.write(`GET /events HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)
      let answered = false
      socket.on('data', (chunk: Buffer) => {
        if (!answered) seen[chunk.includes(' 200 OK') ? 'stream' : 'refused']++
        answered = true
      })
      return socket.on('close', () => (answered ? 0 : seen.closed++))
    })
    await shield.heard('out-of-files')
    assert.equal((await ask(shield.port, '/page', { agent })).text, 'page', 'who is connected is served')
    const { user, system } = cpuOf(shield.pid)
    await sleep(500)
    const after = cpuOf(shield.pid)
    context.diagnostic(
      `of 500 event streams: ${JSON.stringify(seen)}; CPU then ${(after.user + after.system - user - system) * 2} %`,
    )
    for (const socket of listeners) socket.destroy()
    await shield.heard('files-again')
    const served = async () => (await ask(shield.port, '/page').catch(() => undefined))?.text === 'page'
    await until('new visitors are served', served)
    assert.equal((await ask(shield.port, '/events/none')).status, 404)
    assert.equal(shield.logs('thread-died').length, 0)
    agent.destroy()
  })
})

const hasPrlimit = spawnSync('prlimit', ['--version']).error === undefined

/** Hundredths of a second. */
function cpuOf(pid: number): { user: number; system: number } {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ').slice(11, 13).map(Number)
  return { user: user!, system: system! }
}

const connections = (port: number, count: number): Socket[] =>
  Array.from({ length: count }, () => connect(port, '127.0.0.1').on('error', () => {}))
