// Where a large crowd on one machine comes from. A connection is told from others by both addresses and both ports, so from one
// address there are 28,000 to a site at most (net.ipv4.ip_local_port_range), and when half of them are taken Linux looks
// through thousands of ports for each new one: a quarter of a millisecond of the generator's CPU. All of 127.0.0.0/8 is
// this machine on Linux, so thousands of visitors come from several addresses of it.

/** So many connections from one address: a third of those whose ports are quickly found (Linux takes the even ones first). */
const EACH = 5000

/** Addresses to come from in turn; empty where the system may choose, as it does for crowds that one address is enough for. */
export function addressesFor(host: string, connections: number, platform: string = process.platform): string[] {
  if (platform !== 'linux' || !host.startsWith('127.') || connections <= 2 * EACH) return []
  return Array.from({ length: Math.ceil(connections / EACH) }, (_, i) => `127.0.0.${i + 1}`)
}
