// Collected forms as a file that the browser saves: NDJSON, or CSV with a column for each field of the forms, as
// `breakwater journal export` writes them.
import { askFor, ask, say } from './actions.js'

const PATH = '/api/journal'
const FACTS = ['receipt', 'state', 'received', 'site', 'rule', 'target', 'reason']

const quoted = cell => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

/** A line of CSV (RFC 4180): of the form, or the heading for null. */
export function csvOf(names, form) {
  const cells =
    form === null
      ? [...FACTS, ...names.map(name => `field.${name}`)]
      : [...FACTS.map(name => form[name] ?? ''), ...names.map(name => [form.values[name] ?? ''].flat().join('\n'))]
  return `${cells.map(String).map(quoted).join(',')}\r\n`
}

/** `kind` is ndjson or csv; an empty `state` is any. */
export function exportInto(kind, state) {
  const which = state === '' ? {} : { state }
  void askFor({
    ...{
      title: 'Export collected forms?',
      text: 'All that visitors have sent is written into a file on this machine.',
    },
    ...{ button: 'Export', path: PATH, body: { do: 'list', ...which } },
    done: () => {
      void write(kind, which)
      return 'The forms are being read.'
    },
  })
}

async function write(kind, which) {
  try {
    const lines = kind === 'csv' ? await asCsv(which) : await asNdjson(which)
    save(`forms.${kind}`, new Blob(lines, { type: kind === 'csv' ? 'text/csv' : 'application/x-ndjson' }))
  } catch (error) {
    say(error.message, true)
  }
}

async function asNdjson(which) {
  const lines = []
  for await (const forms of pages(which)) lines.push(...forms.map(form => `${JSON.stringify(form)}\n`))
  say(`${lines.length} forms exported.`, false)
  return lines
}

/** Once through for the columns, once for the rows: whole forms may be more than fit into memory. */
async function asCsv(which) {
  const names = new Set()
  for await (const forms of pages(which))
    for (const { values } of forms) for (const name of Object.keys(values)) names.add(name)
  const lines = [csvOf([...names], null)]
  for await (const forms of pages(which)) lines.push(...forms.map(form => csvOf([...names], form)))
  say(`${lines.length - 1} forms exported.`, false)
  return lines
}

async function* pages(which) {
  for (let after = 0, read = 0; ;) {
    const { wrong, answer } = await ask(PATH, { do: 'export', after, ...which })
    if (wrong !== undefined) throw new Error(wrong)
    if (answer.forms.length === 0) return
    yield answer.forms
    after = answer.forms.at(-1).number
    say(`${(read += answer.forms.length)} forms read.`, false)
  }
}

function save(name, blob) {
  const url = URL.createObjectURL(blob)
  Object.assign(document.createElement('a'), { href: url, download: name }).click()
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
