// What the command line makes of an origin as typed, of log entries and of figures.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import pc from 'picocolors'
import { ManualClock } from '../../src/base/clock.ts'
import { Board, FlightWord, GlobalWord, Latency, OriginWord, latencyBucket } from '../../src/board/board.ts'
import { counterIndex } from '../../src/board/counters.ts'
import { figuresOf, liveLine } from '../../src/cli/live.ts'
import { humanLine, jsonLine, timeOf } from '../../src/cli/log-line.ts'
import { originArgument } from '../../src/cli/origin-argument.ts'
import { banner, terminalReporter } from '../../src/cli/reporter.ts'
import { Sampler } from '../../src/watch/sampler.ts'
import { configOf } from '../supervisor/fixtures/process.ts'

const plain = pc.createColors(false)

describe('an origin as typed', () => {
  it('keeps the scheme it has', () => {
    for (const url of ['http://example.org', 'https://127.0.0.1:8443'])
      assert.deepEqual(originArgument(url), { url, assumed: null })
  })

  it('is http on this machine, at an address and for names without a dot', () => {
    for (const typed of [
      'localhost',
      'localhost:3000',
      '127.0.0.1:3000',
      '10.0.0.7',
      '[::1]:3000',
      'app:3000',
      'a.localhost:1',
    ])
      assert.equal(originArgument(typed).url, `http://${typed}`, typed)
    assert.equal(originArgument('::1').url, 'http://[::1]')
    assert.equal(originArgument('3000').url, 'http://localhost:3000')
    assert.equal(originArgument(':3000').url, 'http://localhost:3000')
  })

  it('is https for other names, except on port 80, and says so', () => {
    assert.deepEqual(originArgument('example.org'), {
      url: 'https://example.org',
      assumed: 'example.org is taken for https://example.org',
    })
    assert.equal(originArgument('example.org:8443').url, 'https://example.org:8443')
    assert.equal(originArgument('example.org:80').url, 'http://example.org:80')
  })
})

describe('log lines', () => {
  const entry = {
    at: Date.UTC(2026, 0, 2, 3, 4, 5),
    level: 'warn' as const,
    event: 'thread-died',
    thread: 'edge 1',
    detail: { why: 'it ran out of memory', restarts: 2, stack: 'many lines' },
  }

  it('are JSON for machines', () => {
    assert.deepEqual(JSON.parse(jsonLine(entry)), {
      time: '2026-01-02T03:04:05.000Z',
      level: 'warn',
      event: 'thread-died',
      thread: 'edge 1',
      why: 'it ran out of memory',
      restarts: 2,
      stack: 'many lines',
    })
    assert.equal(jsonLine(entry).indexOf('\n'), jsonLine(entry).length - 1)
  })

  it('are short for people, who are spared what is only of the machine', () => {
    assert.equal(
      humanLine(entry, plain),
      `${timeOf(entry.at)} thread-died edge 1 why="it ran out of memory" restarts=2\n`,
    )
    assert.equal(humanLine({ ...entry, level: 'info', event: 'thread-ready' }, plain), null)
  })

  it('let no control character through to the terminal', () => {
    const line = humanLine({ ...entry, detail: { line: '\u001B[2Jgone' } }, plain)!
    assert.ok(!line.includes('\u001B'))
  })
})

describe('the terminal', () => {
  it('shows the first of what goes wrong again and again, and counts the others each second', () => {
    let text = ''
    const clock = new ManualClock()
    const reporter = terminalReporter(line => (text += line), clock, plain)
    const sampler = new Sampler(new Board(), clock)
    const fail = (origin: string, times: number): void => {
      const entry = { at: 0, level: 'warn' as const, event: 'origin-failed', thread: null, detail: { origin } }
      for (let i = 0; i < times; i++) reporter.entry(entry)
    }
    const lines = (): string[] => text.split('\n').flatMap(line => /origin-failed.*/.exec(line)?.[0] ?? [])
    fail('a', 120)
    reporter.second(sampler)
    assert.deepEqual(lines(), [...Array<string>(3).fill('origin-failed origin=a'), 'origin-failed a: 117 more'])
    text = ''
    fail('a', 50)
    fail('b', 1)
    reporter.second(sampler)
    assert.deepEqual(lines(), ['origin-failed origin=b', 'origin-failed a: 50 more'])
    text = ''
    reporter.second(sampler)
    fail('a', 1)
    assert.deepEqual(lines(), ['origin-failed origin=a'], 'it was over, and is told anew')
  })
})

describe('figures', () => {
  it('of the last second stand in one line', () => {
    const board = new Board()
    const clock = new ManualClock()
    const sampler = new Sampler(board, clock)
    board.global[GlobalWord.slots] = 1
    board.edge(0)[counterIndex.hit] = 1195
    board.edge(0)[counterIndex.shed] = 5
    board.latency(0, Latency.fastLane)[latencyBucket(400)] = 1195
    board.origin(0)[OriginWord.limit] = 64
    board.flight(0, 0)[FlightWord.inFlight] = 3
    clock.advance(1000)
    sampler.sample()
    const line = liveLine(0, figuresOf(sampler), plain)
    assert.match(line, /^\d\d:\d\d:\d\d {5}1,200 {4}99\.6% {5}3\/64 {2}0\.4 ms {9}5\n$/)
  })

  it('stand under a banner that says what is shielded and where', () => {
    const state = {
      version: '1.2.3',
      pid: 1,
      startedAt: 0,
      phase: 'serving' as const,
      listening: ['0.0.0.0:8080'],
      secure: [],
      notices: [],
      threads: [],
      config: { generation: 1, appliedAt: 0, refused: null, afterRestart: [] },
    }
    const text = banner(state, '127.0.0.1:9900', configOf(), plain)
    assert.match(text, /^Breakwater 1\.2\.3 shields http:\/\/127\.0\.0\.1:9\n/)
    assert.match(text, /visitors +http:\/\/localhost:8080 /)
    assert.match(text, /dashboard +http:\/\/127\.0\.0\.1:9900\n/)
  })
})
