// The way to a site on another machine, as this machine's kernel counts it: segments that had to be sent again, and how full the
// busiest network interface is. Loopback loses nothing, so a site on this machine is not looked at so.
import { field, list, read } from './proc.ts'
import type { Sample } from '../sources/source.ts'

/** From this share on, what is lost on the way is what visitors wait for: TCP's rate falls with its square root (Mathis et al., 1997). */
const FULL_AT = 0.05
/** Fewer segments than these in a second tell nothing. */
const LEAST_SEGMENTS = 200

interface Counts {
  at: number
  sent: number
  again: number
  /** Bytes of each interface, of whichever direction has more, and bytes a second that it can carry. */
  links: Map<string, { bytes: number; perSecond: number }>
}

export class NetworkGauge {
  readonly #folder: string
  readonly #proc: string
  #before: Counts

  /** The folders of the kernel's files, for tests. */
  constructor(proc = '/proc/net', folder = '/sys/class/net') {
    this.#proc = proc
    this.#folder = folder
    this.#before = this.#counts(performance.now())
  }

  /** What has happened since it was last called. `now` in milliseconds of a clock that never goes back. */
  read(now = performance.now()): Sample[] {
    const before = this.#before
    const counts = (this.#before = this.#counts(now))
    const seconds = Math.max(0.001, (counts.at - before.at) / 1000)
    const sent = counts.sent - before.sent
    const lost = sent < LEAST_SEGMENTS ? 0 : Math.max(0, counts.again - before.again) / sent
    const links = [...counts.links].map(([name, { bytes, perSecond }]) => {
      const was = before.links.get(name)?.bytes ?? bytes
      return { name, full: Math.min(1, (bytes - was) / seconds / perSecond) }
    })
    const fullest = links.toSorted((a, b) => b.full - a.full)[0]
    return [
      { signal: 'network', value: Math.min(1, lost / FULL_AT), detail: `${percent(lost)} of what this machine sent to the site had to be sent again: the way to it loses packets` },
      ...(fullest === undefined ? [] : [{ signal: 'network interface', value: fullest.full, detail: `${fullest.name} of this machine carried ${percent(fullest.full)} of what it can` }]),
    ] // prettier-ignore
  }

  #counts(at: number): Counts {
    const [snmp, netstat] = [read(`${this.#proc}/snmp`), read(`${this.#proc}/netstat`)]
    const syns = field(netstat, 'TcpExt', 'TCPSynRetrans') // a server whose queue is full lets these fall: that is not the way
    return {
      at,
      sent: field(snmp, 'Tcp', 'OutSegs'),
      again: field(snmp, 'Tcp', 'RetransSegs') - syns,
      links: this.#links(),
    }
  }

  #links(): Counts['links'] {
    const names = list(this.#folder).filter(name => name !== 'lo')
    return new Map(
      names.flatMap(name => {
        const number = (file: string): number => Number(read(`${this.#folder}/${name}/${file}`).trim() || Number.NaN)
        const perSecond = (number('speed') * 1e6) / 8
        const bytes = Math.max(number('statistics/rx_bytes'), number('statistics/tx_bytes'))
        // Interfaces that are made of nothing have no speed, or -1.
        return perSecond > 0 && bytes >= 0 ? [[name, { bytes, perSecond }] as const] : []
      }),
    )
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`
