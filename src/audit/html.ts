// The audit as one page that can be handed round: no script, nothing loaded from elsewhere, light and dark.
import { safe } from '../charts/escape.ts'
import type { AuditReport } from './audit.ts'
import { kib } from './findings.ts'
import type { Finding } from './findings.ts'
import type { PageReport } from './pages.ts'

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fbfaf7; --line: #d9d5cb; --mild: #5d6675; --bad: #b3261e; --good: #1b6e4b }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --paper: #14181f; --line: #2e3643; --mild: #97a1b2; --bad: #ff8a80; --good: #6fd3a5 } }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.25rem 5rem; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif }
h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere } h2 { margin-top: 2.5rem; font-size: 1.15rem }
.shares { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: 1rem; padding: 0; list-style: none }
.shares li { border-top: 3px solid var(--line); padding-top: .5rem } .shares b { display: block; font-size: 2rem; font-variant-numeric: tabular-nums }
article { border-left: 3px solid var(--line); margin: 1.25rem 0; padding-left: 1rem } article.leak { border-color: var(--bad) }
h3 { margin: 0; font-size: 1rem } p { margin: .3rem 0 } .mend { color: var(--good) } small, .mild { color: var(--mild) }
ul.where { margin: .3rem 0; padding-left: 1.1rem; color: var(--mild); font-size: .875rem; overflow-wrap: anywhere }
.scroll { overflow-x: auto } table { border-collapse: collapse; font-size: .875rem; width: 100% } th, td { text-align: left; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums } td:first-child { overflow-wrap: anywhere }
pre { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; padding: 1rem; font-size: .875rem }`

export function auditPage(report: AuditReport): string {
  const { url, visited, files, leftOut, bytes, findings, pages, config } = report
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Audit of ${safe(url)}</title>
<style>${STYLE}</style>
<h1>Audit of ${safe(url)}</h1>
<p class="mild">${visited} pages and ${files} files, ${kib(bytes)}${leftOut === 0 ? '' : `; ${leftOut} more were left out`}.</p>
<ul class="shares">${shares(report)}</ul>
<h2>What to mend</h2>
${findings.length === 0 ? '<p>Nothing was found.</p>' : findings.map(findingPart).join('\n')}
<h2>Pages</h2>
<div class="scroll"><table><thead><tr><th>Page<th class="number">Status<th>For strangers<th>For those who come back<th class="number">First byte<th class="number">On the wire</thead>
<tbody>${pages.map(pageRow).join('\n')}</tbody></table></div>
<h2>A config to begin with</h2>
<pre>${safe(config)}</pre>
</html>
`
}

function shares({ storedForStrangers, storedForReturning, storedWithRules, storedFiles }: AuditReport): string {
  const rows: [number, string][] = [
    [storedForStrangers, 'of the pages a cache would answer for strangers'],
    [storedForReturning, 'for visitors who come back with the site’s cookies'],
    [storedWithRules, 'once harmless cookies are named in a rule'],
    [storedFiles, 'of the files may be kept'],
  ]
  return rows.map(([share, prose]) => `<li><b>${Math.round(share * 100)}%</b>${prose}</li>`).join('')
}

const findingPart = ({ kind, title, detail, mend, count, where }: Finding): string => `<article class="${kind}">
<h3>${safe(title)} <small>(${count})</small></h3>
<p>${safe(detail)}</p><p class="mend">${safe(mend)}</p>
<ul class="where">${where.map(url => `<li>${safe(url)}</li>`).join('')}${count > where.length ? `<li>and ${count - where.length} more</li>` : ''}</ul>
</article>`

const pageRow = ({ url, status, stranger, returning, firstByteMs, wireBytes }: PageReport): string =>
  `<tr><td>${safe(new URL(url).pathname + new URL(url).search)}<td class="number">${status}<td>${judged(stranger)}<td>${judged(returning)}<td class="number">${firstByteMs} ms<td class="number">${kib(wireBytes)}`

const judged = ({ stored, reason, seconds }: PageReport['stranger']): string =>
  stored ? `${seconds} s <small>${reason}</small>` : `not stored <small>${reason}</small>`
