// A hop as somebody puts it before a site that was rehearsed without it: it passes connections on and resets every third.
// `node scenarios/hop/main.ts --port 8080 --to 8081` prints {"port": …} once it listens. SIGTERM ends it.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { parseArgs } from 'node:util'

/** Of so many connections one is reset: what an overfull table of connections does to those who come anew. */
const ONE_OF = 3

// As it is called in the list of processes: a box of its own, and no part of the site.
process.title = 'firewall'

const { values } = parseArgs({ options: { port: { type: 'string' }, to: { type: 'string' } } })
const open = new Set<Socket>()
let taken = 0

const hop = createServer(visitor => {
  visitor.on('error', () => {})
  if (++taken % ONE_OF === 0) return void visitor.resetAndDestroy()
  const site = connect(Number(values.to), '127.0.0.1')
  for (const [from, to] of [[visitor, site], [site, visitor]] as const) {
    open.add(from)
    from.pipe(to)
    from.on('error', () => to.destroy())
    from.on('close', () => {
      open.delete(from)
      to.destroy()
    })
  }
}) // prettier-ignore

hop.listen(Number(values.port ?? 0), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (hop.address() as AddressInfo).port })}\n`)
})

function end(): void {
  hop.close()
  for (const socket of open) socket.destroy()
  process.exit(0)
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end)
process.stdout.on('error', end)
