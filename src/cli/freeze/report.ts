// What a snapshot covers, for a person at a terminal.

import type { Coverage } from '../../freeze/coverage.ts'
import type { Colours } from '../colours.ts'

/** Of each list so many lines are shown; the rest is in report.json of the snapshot, and in --json. */
const SHOWN = 12

export function coverageText(coverage: Coverage, inUse: string, { bold, dim, green, red }: Colours): string {
  const { url, version, pages, files, redirects, bytes, missing, leftOut, disallowed, forms, calls, stopped } = coverage
  const dead = forms.filter(({ works }) => !works)
  const lines = [
    bold(`${url}: ${pages} pages, ${files} files and ${redirects} redirects taken, ${mib(bytes)}`),
    ...(stopped ? [red('It was stopped before its end, so it is not in use.')] : []),
    ...(leftOut + disallowed === 0
      ? []
      : [dim(`Left out: ${leftOut} beyond the bounds (--pages), ${disallowed} by robots.txt`)]),
    ...listed(
      'Missing',
      missing.map(({ target, from, why }) => `${target}  ${why}, linked from ${from}`),
      red,
      dim,
    ),
    ...listed(
      'Forms that nobody takes',
      dead.map(({ method, action, on }) => `${method} ${action} on ${on}`),
      red,
      dim,
    ),
    ...listed(
      'Calls of scripts that only the origin answers',
      calls.map(({ url: to, on }) => `${to} in ${on}`),
      red,
      dim,
    ),
    ...(dead.length === 0
      ? []
      : [dim('A rule with collect: { when: frozen } takes posted forms; see docs/guides/freeze.md.')]),
    inUse === version
      ? green(`Snapshot ${version} is in use while the site is frozen.`)
      : `Snapshot ${version}; in use is ${inUse}.`,
  ]
  return `${lines.join('\n')}\n`
}

function listed(title: string, items: readonly string[], loud: Colours['red'], dim: Colours['dim']): string[] {
  if (items.length === 0) return [`${title}: none`]
  const more = items.length > SHOWN ? [dim(`  and ${items.length - SHOWN} more`)] : []
  return [loud(`${title}: ${items.length}`), ...items.slice(0, SHOWN).map(item => `  ${item}`), ...more]
}

const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`
