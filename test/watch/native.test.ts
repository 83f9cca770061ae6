// A real Prometheus scrapes /metrics: in its binary form it gets native histograms, and computes from them what the board has measured;
// in text it gets plain ones. Who asks for nothing in particular gets text.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Origin } from '../fixtures/origin.ts'
import { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { ask } from '../fixtures/visitor.ts'

const PROTOBUF = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited'
const hasProgram = spawnSync('prometheus', ['--version']).error === undefined

test('the form is the one that is asked for', async () => {
  await using origin = await Origin.start({ '*': { body: 'a page' } })
  await using shield = await Shield.start({ origins: [origin.url] })
  const typeFor = async (accept?: string) => {
    const response = await fetch(`http://${shield.admin}/metrics`, accept === undefined ? {} : { headers: { accept } })
    await response.arrayBuffer()
    return response.headers.get('content-type')!.split(';')[0]
  }
  assert.equal(await typeFor(), 'text/plain')
  assert.equal(await typeFor('*/*'), 'text/plain')
  assert.equal(await typeFor(`${PROTOBUF},text/plain;version=0.0.4;q=0.5,*/*;q=0.1`), 'application/vnd.google.protobuf')
  assert.equal(await typeFor(`${PROTOBUF};q=0.3,text/plain;version=0.0.4;q=0.5`), 'text/plain')
  assert.equal(await typeFor('application/vnd.google.protobuf'), 'text/plain')
})

test('Prometheus computes from native histograms what was measured', { timeout: 90_000 }, async context => {
  if (!hasProgram) return context.skip("prometheus is not installed (Debian's package prometheus)")
  await using origin = await Origin.start({
    '*': { fields: { 'cache-control': 'no-store' }, body: 'a page', work: 40 },
  })
  await using shield = await Shield.start({ origins: [origin.url] })
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-prometheus-'))
  const port = await freePort()
  const scrape = { job_name: 'breakwater', scrape_interval: '1s', static_configs: [{ targets: [shield.admin] }] }
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify({ scrape_configs: [scrape] }))
  const flags = ['--enable-feature=native-histograms', `--config.file=${join(folder, 'prometheus.yml')}`]
  const program = spawn(
    'prometheus',
    [...flags, `--storage.tsdb.path=${folder}`, `--web.listen-address=127.0.0.1:${port}`],
    { stdio: 'ignore' },
  )
  try {
    for (let i = 0; i < 60; i++) await ask(shield.port, `/${i}`)
    const query = async (text: string): Promise<number | undefined> => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`).catch(
        () => undefined,
      )
      const { data } = ((await response?.json()) ?? {}) as { data?: { result: { value?: [number, string] }[] } }
      const value = data?.result[0]?.value?.[1]
      return value === undefined ? undefined : Number(value)
    }
    const count = 'histogram_count(breakwater_origin_first_byte_seconds)'
    await until('it has scraped them all', async () => (await query(count)) === 60)
    const median = await query('histogram_quantile(0.5, breakwater_origin_first_byte_seconds)')
    const { latencies } = await shield.stats()
    const measured = latencies.originFirstByte.p50
    context.diagnostic(`median ${median} s by Prometheus; ${measured} ms over the last ten seconds`)
    // The delay is 40 ms at least; a bucket is 12.5% wide and told in its neighbour at worst.
    assert.ok(median !== undefined && median > 0.035 && median < 2)
    assert.equal(await query('scrape_samples_scraped > bool 50'), 1)
    assert.equal(await query('up{job="breakwater"}'), 1)
  } finally {
    program.kill()
    await once(program, 'exit')
    rmSync(folder, { recursive: true })
  }
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
