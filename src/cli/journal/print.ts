// Forms of the journal as text: tables for people, CSV for programs (RFC 4180).

import type { FormView, JournalStatus, WholeFormView } from '../../threads/forms.ts'

export function statusText(status: JournalStatus): string {
  const { open, why, forms, waiting, most, bytes, mostBytes, free, spare, oldest, paused } = status
  const states = Object.entries(forms).map(([state, count]) => `${state.padEnd(10)} ${String(count).padStart(9)}`)
  const lines = [
    ...(open === false ? [`The journal is closed: ${why}`] : []),
    ...states,
    `${waiting} of ${most} at most are not ended${oldest === null ? '' : `, the oldest for ${oldest} s`}.`,
    `${mebibytes(bytes)} on disk of ${mebibytes(mostBytes)} at most; ${mebibytes(free)} free, of which ${mebibytes(spare)} stay so.`,
    ...(paused.length === 0 ? [] : [`Paused: ${paused.join(', ')}.`]),
  ]
  return `${lines.join('\n')}\n`
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

/** One form a line. */
export const tableOf = (forms: readonly FormView[]): string =>
  forms
    .map(({ receipt, state, received, tries, site, target, reason }) =>
      `${receipt}  ${state.padEnd(9)}  ${received ?? '-'.padEnd(24)}  ${tries}×  ${site} ${target ?? ''}${reason === null ? '' : `  ${reason}`}`.trimEnd(),
    )
    .map(line => `${line}\n`)
    .join('')

export function wholeText(form: WholeFormView): string {
  const facts = [
    ...[`receipt   ${form.receipt}`, `state     ${form.state}${form.reason === null ? '' : ` (${form.reason})`}`],
    ...[`received  ${form.received}`, `changed   ${form.changed}`, `tries     ${form.tries}`],
    ...[`site      ${form.site}, rule ${form.rule}`, `client    ${form.client}`],
    `request   ${form.method} ${form.host}${form.target}`,
  ]
  const fields = form.fields.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${form.fields[i + 1]}`] : []))
  const body = form.body ?? (form.file === null ? `(base64) ${form.base64}` : `(${form.bytes} bytes in ${form.file})`)
  return `${facts.join('\n')}\n\n${fields.join('\n')}\n\n${body}\n`
}

export const namesIn = ({ values }: WholeFormView): string[] => Object.keys(values)

const FACTS = ['receipt', 'state', 'received', 'site', 'rule', 'target', 'reason'] as const

/** One line: of the form, or the heading for null. A column of the form is called `field.NAME`. */
export function csvOf(names: readonly string[], form: WholeFormView | null): string {
  const cells =
    form === null
      ? [...FACTS, ...names.map(name => `field.${name}`)]
      : [...FACTS.map(name => form[name] ?? ''), ...names.map(name => [form.values[name] ?? ''].flat().join('\n'))]
  return `${cells.map(quoted).join(',')}\r\n`
}

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
