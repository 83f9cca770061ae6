// A page to be handed round: one file without a script that loads nothing, for light and dark, screen and paper. Its colours are the
// dashboard's, so that what is blue there is blue here.

import { safe } from './escape.ts'
import { STYLE } from './style.ts'

/** A figure that stands alone: what it is, how much, and what to think beside it. */
export interface Tile {
  label: string
  value: string
  more?: string
  mood?: 'good' | 'bad'
}

/** A section of the page. `body` is HTML. */
export interface Section {
  title: string
  prose?: string
  body: string
}

/** A whole page. `lead` is text that says in a sentence or two what it shows. */
export function page(title: string, lead: string, tiles: readonly Tile[], sections: readonly Section[]): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${safe(title)}</title>
<style>${STYLE}</style>
<header><h1>${safe(title)}</h1>
<p>${safe(lead)}</p></header>
<main>
<dl class="tiles">${tiles.map(tile).join('')}</dl>
${sections.map(section).join('\n')}
</main>
</html>
`
}

const tile = ({ label, value, more, mood }: Tile): string =>
  `<div${mood === undefined ? '' : ` class="${mood}"`}><dt>${safe(label)}</dt><dd>${safe(value)}${more === undefined ? '' : `<small>${safe(more)}</small>`}</dd></div>`

const section = ({ title, prose, body }: Section): string =>
  `<section><h2>${safe(title)}</h2>${prose === undefined ? '' : `<p class="prose">${safe(prose)}</p>`}
${body}</section>`

/** A table of text; `numbers` are the places of columns that are figures. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[], numbers: number[]): string {
  const cell = (name: 'th' | 'td', text: string, i: number): string =>
    `<${name}${numbers.includes(i) ? ' class="number"' : ''}>${safe(text)}</${name}>`
  const line = (name: 'th' | 'td', cells: readonly string[]): string =>
    `<tr>${cells.map((text, i) => cell(name, text, i)).join('')}</tr>`
  return `<div class="scroll"><table><thead>${line('th', heads)}</thead><tbody>${rows.map(row => line('td', row)).join('\n')}</tbody></table></div>`
}

export const paragraphs = (lines: readonly string[]): string => lines.map(line => `<p>${safe(line)}</p>`).join('\n')
