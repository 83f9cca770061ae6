// The reference of what Breakwater counts, made from the table of counters and from what /metrics would show.

import { systemClock } from '../../src/base/clock.ts'
import { Board } from '../../src/board/board.ts'
import { FormsLink } from '../../src/watch/forms-link.ts'
import { Modes } from '../../src/board/modes.ts'
import { counterNames, counters, outcomes } from '../../src/board/counters.ts'
import type { CounterName } from '../../src/board/counters.ts'
import { Audience } from '../../src/watch/audience.ts'
import { CoreLink } from '../../src/watch/core-link.ts'
import { metricsOf } from '../../src/watch/metrics.ts'
import { NO_FIGURES } from '../../src/watch/host.ts'
import { BlockerLedger } from '../../src/watch/blocker-sums.ts'
import { ProofLedger } from '../../src/watch/proof-sums.ts'
import { RouteLedger } from '../../src/watch/route-sums.ts'
import { Sampler } from '../../src/watch/sampler.ts'

export function countersReference(): string {
  const isOutcome = new Set<CounterName>(outcomes)
  return `# Counters and metrics

<!-- Made by \`npm run docs\` from src/board/counters.ts and src/watch/*metrics.ts. Edit those. -->

Every edge thread counts on its own row of shared memory; the watch thread adds the rows up each second. \`GET /api/stats\` on the
admin address shows the counters by the names below, \`GET /metrics\` shows the metrics in Prometheus' text format.
Both tell of the node that is asked; sums over all nodes of a cluster are \`breakwater_cluster_figures\`, \`allNodes\` in \`/api/stats\` and \`sum\` in \`/api/cluster\`.

## Outcomes

Every request that was read whole ends in exactly one of these, so their sum is every request. In \`/metrics\` they are the label
\`outcome\` of \`breakwater_requests_total\`.

${table(counterNames.filter(name => isOutcome.has(name)))}

## Other counters

${table(counterNames.filter(name => !isOutcome.has(name)))}

## Metrics

| metric | type | what it tells |
| --- | --- | --- |
${metrics()
  .map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`)
  .join('\n')}
`
}

function table(names: readonly CounterName[]): string {
  const rows = names.map(name => {
    const { unit, kind, prose } = counters[name]
    return `| \`${name}\` | ${unit} | ${kind === 'gauge' ? 'level' : 'sum'} | ${prose} |`
  })
  return ['| counter | unit | kind | what it tells |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** What a process that has just started would show. */
function metrics() {
  const board = new Board()
  return metricsOf({
    board,
    modes: new Modes(board),
    demand: { told: [{ site: 'main', demand: 0, capacity: 64, ratio: 0, level: 0, instances: 1 }] },
    spikes: { holds: () => false, overrule: () => {} },
    forms: new FormsLink(),
    sampler: new Sampler(board, systemClock),
    audience: new Audience(board, systemClock),
    core: new CoreLink(systemClock),
    clock: systemClock,
    routes: new RouteLedger(systemClock),
    blockers: new BlockerLedger(systemClock),
    proofs: new ProofLedger(),
    downstream: { stats: [] },
    host: { figures: NO_FIGURES },
    line: () => undefined,
    sites: () => [],
    state: () => ({
      version: '',
      pid: 0,
      startedAt: 0,
      phase: 'serving',
      listening: [],
      secure: [],
      notices: [],
      threads: [],
      config: { generation: 1, appliedAt: 0, refused: null, afterRestart: [] },
    }),
  })
}
