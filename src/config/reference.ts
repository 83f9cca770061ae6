// The reference of the config file in Markdown, made from the table.

import { CONFIG_ERRORS, CONFIG_WARNINGS } from './errors.ts'
import { DEFAULT_FILES } from './load.ts'
import { MODES, MODE_PROSE } from './modes.ts'
import { rows } from './rows.ts'
import type { AnyOption, Row } from './rows.ts'

/** The whole page. */
export function configReference(): string {
  return [head(), ...[...rows()].map(section), modes(), errors()].join('\n\n') + '\n'
}

function head(): string {
  return `# The config file

<!-- Made by \`npm run docs\` from src/config/table/. Edit that. -->

Breakwater needs no config: \`breakwater serve https://origin.example.net\` serves with the defaults below. With one, it looks
in the current folder for ${DEFAULT_FILES.map(name => `\`${name}\``).join(', ')}, in this order; \`--config FILE\` names another.
\`breakwater check\` tells everything that is wrong with it, and \`breakwater check --print\` every value and where it came from.

- **Durations** are written \`250ms\`, \`10s\`, \`5 min\`, \`1h\`, \`2d\`; **sizes** \`512 KiB\`, \`2 GiB\` (or \`kB\`, \`MB\`, \`GB\` for
  powers of ten); **shares** \`10%\`. Plain numbers are refused for all three.
- **Secrets** are named, not written: \`{ env: NAME }\` or \`{ file: PATH }\`.
- Where a **list** is taken, a single value may stand without the brackets.
- **Per mode**: a value said to be so may be written once, or side by side: \`{ normal: 10s, spike: 60s }\`.
- A changed file is **loaded anew** by itself, and at SIGHUP. If the new one is wrong, the old one goes on serving. What takes
  effect only at a restart says so below.
- For an **editor** that knows YAML, the first line \`# yaml-language-server: $schema=PATH/schema/breakwater.schema.json\` completes
  and checks while typing. In \`breakwater.config.ts\`, \`defineConfig\` from \`breakwater\` does the same.

\`\`\`yaml
sites:
  - hosts: [www.example.org, "*.example.org"]
    origins: [https://origin.example.net]
    rules:
      - match: { path: /admin/** }
        cache: { bypass: true }
      - match: { path: /news/** }
        cache: { lifetime: { normal: 10s, spike: 60s }, staleIfError: 1d }
\`\`\``
}

function section({ path, node }: Row): string {
  const level = node.node === 'option' ? '###' : '##'
  const title = `${level} \`${path}\``
  if (node.node === 'group') return `${title}\n\n${node.prose}`
  if (node.node === 'items') return `${title}\n\n${node.prose} At most ${node.max}.\n\n${example(path, node.example)}`
  return `${title}\n\n${facts(node)}\n\n${node.prose}\n\n${example(path, node.example)}`
}

function facts(option: AnyOption): string {
  const { kind } = option
  const preset = option.required
    ? 'must be written'
    : option.default === undefined
      ? 'no default'
      : `default \`${asWritten(option.default)}\``
  const effect = option.restart === true ? 'takes effect at a restart' : 'takes effect at once'
  return [capital(kind.name), kind.bounds, preset, effect].filter(part => part !== undefined).join(' · ')
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const asWritten = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const example = (path: string, written: string): string => `\`\`\`yaml\n${path.split('.').at(-1)}: ${written}\n\`\`\``

function modes(): string {
  return `## Modes\n\n${MODES.map(mode => `- \`${mode}\`: ${MODE_PROSE[mode]}.`).join('\n')}\n\nA mode that has no value of its own takes that of the mode before it.`
}

const codes = (table: Readonly<Record<string, string>>): string =>
  Object.entries(table)
    .map(([code, prose]) => `- \`${code}\`: ${prose}`)
    .join('\n')

const errors = (): string => `## Errors\n\n${codes(CONFIG_ERRORS)}\n\n## Warnings\n\n${codes(CONFIG_WARNINGS)}`
