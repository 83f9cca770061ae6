// `breakwater check`: tells everything that is wrong with a config, each with the lines it stands in, or prints what holds.

import type { Command } from 'commander'
import { coloursFor } from './colours.ts'
import { loadConfig } from '../config/load.ts'
import type { Loaded, LoadedConfig } from '../config/load.ts'
import { pathText } from '../config/path.ts'
import { redactConfig } from '../config/redact.ts'
import { shown, values } from '../config/rows.ts'
import { root } from '../config/table/root.ts'
import { describeErrors } from './excerpt.ts'

interface CheckFlags {
  config?: string
  json?: boolean
  print?: boolean
}

export function registerCheck(program: Command): void {
  program
    .command('check')
    .description('check a config and tell everything that is wrong with it')
    .argument('[origin...]', 'origins to check as `serve` would take them')
    .option('-c, --config <file>', 'the config file; without it, one in the current folder')
    .option('--print', 'print every value, secrets hidden, and where it came from')
    .option('--json', 'print JSON')
    .action(async (origins: string[], flags: CheckFlags) => {
      const loaded = await loadConfig({ file: flags.config, commandLine: { origins } })
      process.stdout.write(
        flags.json === true ? asJson(loaded, flags.print === true) : asText(loaded, flags.print === true),
      )
      process.exitCode = loaded.ok ? 0 : 1
    })
}

function asText(loaded: Loaded, print: boolean): string {
  const colours = coloursFor(process.stdout)
  if (!loaded.ok) return `${describeErrors(loaded.errors, loaded.text, colours)}\n`
  const warnings = loaded.warnings.length === 0 ? '' : `${describeErrors(loaded.warnings, loaded.text, colours)}\n\n`
  if (print) return warnings + printed(loaded)
  const sites = loaded.config.sites.map(site => site.name).join(', ')
  return `${warnings}${colours.green('The config is right')} (${loaded.file ?? 'command line'}). Sites: ${sites}.\n`
}

/** One value a line, what it is and where it was said, in columns. */
function printed(loaded: LoadedConfig): string {
  const lines = [...values(root, loaded.config)].map(
    value => [`${pathText(value.path)}: ${shown(value)}`, loaded.origin(value.path)] as const,
  )
  const width = Math.min(60, Math.max(...lines.map(([left]) => left.length)))
  return lines.map(([left, from]) => `${left.padEnd(width)}  # ${from}\n`).join('')
}

function asJson(loaded: Loaded, print: boolean): string {
  const { ok, file } = loaded
  if (!ok) return `${JSON.stringify({ ok, file, errors: loaded.errors }, null, 2)}\n`
  const origins = () =>
    Object.fromEntries([...values(root, loaded.config)].map(({ path }) => [pathText(path), loaded.origin(path)]))
  const config = print ? { config: redactConfig(loaded.config), origins: origins() } : {}
  return `${JSON.stringify({ ok, file, warnings: loaded.warnings, ...config }, null, 2)}\n`
}
