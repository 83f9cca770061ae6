// The first page of the admin address: the numbers of /api/stats as plain tables that keep themselves up to date. It needs
// nothing from anywhere else and reads well without its script, with a screen reader and on a phone.

export const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Breakwater</title>
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
<header><h1>Breakwater</h1><p id="state" role="status">Reading …</p></header>
<main>
<section aria-labelledby="now"><h2 id="now">Now</h2><dl id="figures"></dl></section>
<section aria-labelledby="origins-head"><h2 id="origins-head">Origin servers</h2><div class="scroll"><table><thead><tr>
<th scope="col">Origin</th><th scope="col">Site</th><th scope="col">State</th><th scope="col">In flight</th><th scope="col">Limit</th>
<th scope="col">Waiting</th><th scope="col">Streams</th><th scope="col">Failed</th></tr></thead><tbody id="origins"></tbody></table></div></section>
<section aria-labelledby="outcomes-head"><h2 id="outcomes-head">Counters</h2><div class="scroll"><table><thead><tr>
<th scope="col">Counter</th><th scope="col">Per second</th><th scope="col">Since start</th></tr></thead><tbody id="counters"></tbody></table></div></section>
<section aria-labelledby="threads-head"><h2 id="threads-head">Threads</h2><div class="scroll"><table><thead><tr>
<th scope="col">Thread</th><th scope="col">State</th><th scope="col">Restarts</th><th scope="col">Last death</th></tr></thead><tbody id="threads"></tbody></table></div></section>
</main>
<noscript><p>Without JavaScript, read <a href="/api/stats">the numbers as JSON</a>.</p></noscript>
<footer><p>For programs: <a href="/api/stats">/api/stats</a>, <a href="/metrics">/metrics</a>, <a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a></p></footer>
</body>
</html>
`

export const style = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 64rem; margin: 0 auto; padding: 1rem; }
header { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: baseline; }
h1 { margin: 0; font-size: 1.5rem; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 0.5rem; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 0.75rem; margin: 0; }
dl div { border: 1px solid; border-radius: 0.4rem; padding: 0.5rem 0.75rem; }
dt { font-size: 0.85rem; }
dd { margin: 0; font-size: 1.4rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid #8886; }
.bad { font-weight: bold; }
`

export const script = `const byId = id => document.getElementById(id)
const number = value => value === null || value === undefined ? '–' : value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })
const ms = value => value === null ? '–' : number(value) + ' ms'
const cells = (tag, values) => {
  const row = document.createElement('tr')
  for (const value of values) row.append(Object.assign(document.createElement(tag), { textContent: value }))
  return row
}
const figure = ([name, value]) => {
  const box = document.createElement('div')
  box.append(Object.assign(document.createElement('dt'), { textContent: name }))
  box.append(Object.assign(document.createElement('dd'), { textContent: value }))
  return box
}
const tell = (text, bad) => {
  const state = byId('state')
  // Only a change is worth being read out.
  if (state.textContent !== text) state.textContent = text
  state.className = bad ? 'bad' : ''
}
function show(stats) {
  const { requests, latencies, store } = stats
  const waits = stats.config.refused ? ' The last new config was refused: ' + stats.config.refused.errors[0] : ''
  const modes = stats.sites.filter(site => site.mode !== 'normal').map(site => ' ' + site.name + ' is in mode ' + site.mode + '.').join('')
  tell((stats.notReady.length ? 'Not ready. ' + stats.notReady.join(' ') : 'Ready.') + modes + waits, stats.notReady.length > 0 || waits)
  byId('figures').replaceChildren(...[
    ['Requests per second', number(requests.perSecond)],
    ['From the store', requests.stored === null ? '–' : number(requests.stored * 100) + ' %'],
    ['p95, fast lane', ms(latencies.fastLane.p95)],
    ['p95, slow lane', ms(latencies.slowLane.p95)],
    ['p95, origin', ms(latencies.originFirstByte.p95)],
    ['Lost per second', number(requests.lost.perSecond)],
    ['Connections', number(stats.counters.connections.now)],
    ['Store', store ? number(store.bytesUsed / 2 ** 20) + ' of ' + number(store.bytesTotal / 2 ** 20) + ' MiB' : '–'],
  ].map(figure))
  byId('origins').replaceChildren(...stats.origins.map(o =>
    cells('td', [o.url, o.site, o.state, o.inFlight, o.limit, o.waiting, o.streams, number(o.bad + o.timeouts + o.resets)])))
  byId('counters').replaceChildren(...Object.entries(stats.counters).map(([name, c]) =>
    cells('td', [name + ' (' + c.unit + ')', c.perSecond === undefined ? number(c.now) : number(c.perSecond), c.total === undefined ? '' : number(c.total)])))
  byId('threads').replaceChildren(...stats.threads.map(t =>
    cells('td', [t.role + ' ' + t.slot, t.state, t.restarts, t.lastDeath || ''])))
}
async function refresh() {
  try {
    show(await (await fetch('/api/stats', { cache: 'no-store' })).json())
  } catch {
    tell('No answer from this process.', true)
  }
  setTimeout(refresh, 1000)
}
refresh()
`
