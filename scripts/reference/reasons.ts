// The reference of reasons, made from their table.

import { reasons } from '../../src/reasons.ts'

interface Row {
  readonly prose: string
  readonly mend?: string
  readonly status?: number
}

const rows: [code: string, row: Row][] = Object.entries(reasons)

export function reasonsReference(): string {
  return `# Reasons

<!-- Made by \`npm run docs\` from src/reasons.ts. Edit that. -->

Why a request was refused, passed on or served stale, and why a response was or was not stored. A visitor sees the code on the page
of a refusal, a program as \`reason\` in its problem details (RFC 9457), and both as \`detail\` in the field \`Cache-Status\`
(RFC 9211) where the cache had a part in it.

## Refusals

| code | status | what happened | what to do |
| --- | --- | --- | --- |
${rows.flatMap(([code, { status, prose, mend = '' }]) => (status === undefined ? [] : [`| \`${code}\` | ${status} | ${prose} | ${mend} |`])).join('\n')}

## What the cache and the limit decided

| code | what happened | what to do |
| --- | --- | --- |
${rows.flatMap(([code, { status, prose, mend = '' }]) => (status === undefined ? [`| \`${code}\` | ${prose} | ${mend} |`] : [])).join('\n')}
`
}
