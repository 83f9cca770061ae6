// Journey files: YAML, JSON, or a module that exports a journey. Read like config files, and as patient in telling what is
// wrong: everything at once, each with file, line and column where the file has them.
import { existsSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { ConfigError } from '../../config/errors.ts'
import { importConfig } from '../../config/module.ts'
import { pathText } from '../../config/path.ts'
import { parseSource, type Source } from '../../config/source.ts'
import { readBounded, surroundingsIn } from '../../config/surroundings.ts'
import type { Journey } from './journey.ts'
import { JourneyReader } from './read.ts'

export type LoadedJourney = { journey: Journey } | { errors: ConfigError[]; text?: string }

/** Reads one file; never rejects. `text` is for excerpts. */
export async function loadJourney(file: string): Promise<LoadedJourney> {
  const path = resolve(file)
  if (!existsSync(path)) return { errors: [wrong(path, 'not-found', 'there is no such file')] }
  const source = /\.[cm]?[jt]s$/.test(path) ? await fromModule(path) : fromText(path)
  if (Array.isArray(source)) return { errors: source }
  if ('errors' in source) return source
  const reader = new JourneyReader(surroundingsIn(dirname(path), () => {}))
  const journey = reader.journey(source.value, basename(path).replace(/(\.journey)?\.\w+$/, ''))
  const errors = reader.problems.map(({ path: at, part, ...problem }): ConfigError => ({ ...problem, file: path, path: pathText(at), ...source.locate(at, part) })) // prettier-ignore
  if (errors.length === 0) return { journey }
  return source.text === undefined ? { errors } : { errors, text: source.text }
}

function fromText(file: string): Source | { errors: ConfigError[]; text?: string } {
  try {
    const text = readBounded(file)
    const parsed = parseSource(file, text)
    return Array.isArray(parsed) ? { errors: parsed, text } : parsed
  } catch (error) {
    const code = error instanceof RangeError ? 'too-large' : 'unreadable'
    return { errors: [wrong(file, code, error instanceof Error ? error.message : String(error))] }
  }
}

async function fromModule(file: string): Promise<Source | ConfigError[]> {
  try {
    const { value } = await importConfig(file)
    return { file, value, locate: () => undefined }
  } catch (error) {
    const message = error instanceof Error ? error.message.split('\n', 1)[0]! : String(error)
    return [{ ...wrong(file, 'module-failed', message), ...placeIn(file, error) }]
  }
}

/** Node names the line of what cannot be parsed or throws as `file:line` or `file:line:column` in the stack. */
function placeIn(file: string, error: unknown): { line?: number; column?: number } {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const at = stack.indexOf(basename(file))
  const [, line, column] = /^[^:\n]*:(\d+)(?::(\d+))?/.exec(at < 0 ? '' : stack.slice(at)) ?? []
  return line === undefined ? {} : { line: Number(line), ...(column === undefined ? {} : { column: Number(column) }) }
}

const wrong = (file: string, code: ConfigError['code'], message: string): ConfigError => ({
  code,
  file,
  path: '',
  message,
})
