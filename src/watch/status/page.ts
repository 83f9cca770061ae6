// The status page as static files: a page without a script, a feed (RSS 2.0, https://www.rssboard.org/rss-specification) and JSON. All
// links are relative, so that the files work wherever they are put.

import { duration, percent } from '../../charts/numbers.ts'
import { safe } from '../../charts/escape.ts'
import type { StatusFile } from '../../threads/messages.ts'
import { STYLE } from './style.ts'
import type { Incident, PlannedEvent, StatusFacts } from './facts.ts'

export const statusFiles = (facts: StatusFacts): StatusFile[] => [
  { name: 'index.html', type: 'text/html; charset=utf-8', body: page(facts) },
  { name: 'status.json', type: 'application/json', body: `${JSON.stringify(inWords(facts), null, 2)}\n` },
  { name: 'feed.xml', type: 'application/rss+xml; charset=utf-8', body: feed(facts) },
]

const iso = (at: number): string => new Date(at * 1000).toISOString().replace(/\.\d+Z$/, 'Z')

/** Moments as people and programs read them. */
const inWords = ({ at, incidents, planned, ...facts }: StatusFacts) => ({
  ...{ ...facts, at: iso(at) },
  incidents: incidents.map(each => ({
    ...each,
    since: iso(each.since),
    until: each.until === null ? null : iso(each.until),
  })),
  planned: planned.map(each => ({ ...each, from: iso(each.from), to: iso(each.to) })),
})

const HEADS = {
  up: 'Everything works',
  degraded: 'Something is not well',
  down: 'Not reachable',
  unknown: 'Starting',
} as const

function page(facts: StatusFacts): string {
  const { title, state, text, at, uptime, incidents, planned } = facts
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="60"><meta name="robots" content="noindex">
<title>${safe(HEADS[state])}: ${safe(title)}</title>
<link rel="alternate" type="application/rss+xml" title="Incidents and planned events" href="feed.xml">
<style>${STYLE}</style>
<header><p class="site">${safe(title)}</p>
<div class="state ${state}"><span class="sign" aria-hidden="true"></span><h1>${HEADS[state]}</h1></div>
<p>${safe(text)} <span class="as-of">As of ${moment(at)}.</span></p></header>
<main>
${planned.length === 0 ? '' : `<section><h2>Planned</h2>${planned.map(plannedItem).join('')}</section>`}
<section><div class="head"><h2>The last 90 days</h2><p class="figure">${percent(uptime)}<small> of requests answered</small></p></div>
${bars(facts)}
<p class="ends"><span>90 days ago</span><span>today</span></p></section>
<section><h2>Incidents</h2>
${incidents.length === 0 ? '<p class="calm">None in the last 90 days.</p>' : incidents.map(incidentItem).join('')}</section>
</main>
<footer><p>Measured from what visitors were answered. <a href="feed.xml">RSS</a> <a href="status.json">JSON</a></p></footer>
</html>
`
}

const bar = ({ date, uptime, requests }: StatusFacts['days'][number], i: number): string => {
  const look = uptime === null ? 'none' : uptime >= 0.999 ? 'good' : uptime >= 0.99 ? 'warn' : 'bad'
  const said =
    uptime === null
      ? `${date}: nothing known`
      : `${date}: ${percent(uptime)} of ${requests.toLocaleString('en')} requests`
  return `<rect class="${look}" x="${i * 10}" y="0" width="7" height="100" rx="2"><title>${said}</title></rect>`
}

/** A bar a day; its height says nothing, its colour and its title do, and a table says it to whoever sees neither. */
function bars({ days }: StatusFacts): string {
  const known = days.filter(({ uptime }) => uptime !== null)
  const worst = known.toSorted((a, b) => a.uptime! - b.uptime!)[0]
  const label =
    worst === undefined
      ? 'Nothing is known yet.'
      : `${known.length} days are known; the worst was ${worst.date} with ${percent(worst.uptime)}.`
  return `<svg class="bars" viewBox="0 0 897 100" preserveAspectRatio="none" role="img" aria-label="${label}">${days.map(bar).join('')}</svg>`
}

const moment = (at: number): string => {
  const text = iso(at)
  return `<time datetime="${text}">${text.slice(0, 16).replace('T', ' ')} UTC</time>`
}

const incidentItem = ({ since, until, texts }: Incident): string =>
  `<article class="${until === null ? 'on' : ''}"><h3>${texts.map(safe).join(' ')}</h3><p>${moment(since)}, ${until === null ? 'still lasts' : `for ${duration(Math.max(1, until - since))}`}</p></article>`

const plannedItem = ({ name, text, from, to, isOn }: PlannedEvent): string =>
  `<article class="${isOn ? 'planned on' : 'planned'}"><h3>${safe(name)}</h3><p>${safe(text)}</p><p>${isOn ? `now, until ${moment(to)}` : `${moment(from)} to ${moment(to)}`}</p></article>`

const item = (guid: string, heading: string, text: string, when: number): string =>
  `<item><title>${safe(heading)}</title><description>${safe(text)}</description><guid isPermaLink="false">${safe(guid)}</guid><pubDate>${new Date(when * 1000).toUTCString()}</pubDate></item>`

function feed({ title, at, incidents, planned }: StatusFacts): string {
  const items = [
    ...planned.map(each =>
      item(
        `planned ${each.name} ${each.from}`,
        each.name,
        `${each.text} (${iso(each.from)} to ${iso(each.to)})`,
        Math.min(each.from, at),
      ),
    ),
    ...incidents.map(({ since, until, texts }) =>
      item(
        `incident ${since}`,
        texts.join(' '),
        until === null ? `Since ${iso(since)}; it still lasts.` : `From ${iso(since)} to ${iso(until)}.`,
        since,
      ),
    ),
  ]
  return `<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>${safe(title)}: status</title><link>index.html</link><description>Incidents and planned events of ${safe(title)}.</description><lastBuildDate>${new Date(at * 1000).toUTCString()}</lastBuildDate>
${items.join('\n')}
</channel></rss>
`
}
