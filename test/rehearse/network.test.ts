// The way to a site as the kernel counts it: files as Linux writes them, two moments of a run.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { NetworkGauge } from '../../src/rehearse/gauges/network.ts'

test('segments that are sent again and a full interface are told; connections that a server does not take are not', t => {
  const folder = mkdtempSync(join(tmpdir(), 'network-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const links = join(folder, 'links')
  const write = (sent: number, again: number, syns: number, bytes: number): void => {
    writeFileSync(join(folder, 'snmp'), `Ip: Forwarding\nIp: 1\nTcp: OutSegs RetransSegs InErrs\nTcp: ${sent} ${again} 0\n`)
    writeFileSync(join(folder, 'netstat'), `TcpExt: SyncookiesSent TCPSynRetrans\nTcpExt: 0 ${syns}\n`)
    for (const [name, speed] of [['eth0', '1000'], ['veth1', '-1'], ['lo', '10']] as const) {
      mkdirSync(join(links, name, 'statistics'), { recursive: true })
      writeFileSync(join(links, name, 'speed'), `${speed}\n`)
      writeFileSync(join(links, name, 'statistics', 'rx_bytes'), `${bytes}\n`)
      writeFileSync(join(links, name, 'statistics', 'tx_bytes'), '0\n')
    }
  } // prettier-ignore
  write(1000, 10, 0, 0)
  const gauge = new NetworkGauge(folder, links)
  let now = performance.now()
  const next = (): Record<string, number> =>
    Object.fromEntries(gauge.read((now += 1000)).map(({ signal, value }) => [signal, Math.round(value * 100) / 100]))

  write(11_000, 10, 0, 12_500_000)
  assert.deepEqual(next(), { network: 0, 'network interface': 0.1 })
  write(21_000, 610, 0, 137_500_000)
  assert.deepEqual(next(), { network: 1, 'network interface': 1 }, '6% again, 1 Gbit in a second')
  write(31_000, 1210, 600, 137_500_000)
  assert.deepEqual(next(), { network: 0, 'network interface': 0 }, 'a full queue at the door is not the way')
  write(31_050, 1240, 600, 137_500_000)
  assert.equal(next()['network'], 0, 'too few to tell')
})
