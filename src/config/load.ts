// Loads a config: finds the file, parses it, lays what the command line says over it, reads it against the table and checks
// it as a whole. Whatever is wrong comes back as a list, never as an exception.

import { existsSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { contradictions, doubts, siteContradictions } from './check.ts'
import type { ConfigError } from './errors.ts'
import { isFlag, originsTwice, withFlags } from './flags.ts'
import type { CommandLine } from './flags.ts'
import type { Path } from './kind.ts'
import { importConfig } from './module.ts'
import { pathText } from './path.ts'
import { readConfig } from './read.ts'
import { parseSource } from './source.ts'
import type { Source } from './source.ts'
import { readBounded, surroundingsIn } from './surroundings.ts'
import type { Config } from './types.ts'

/** Looked for in this order, in the current folder. */
export const DEFAULT_FILES = [
  'breakwater.yaml',
  'breakwater.yml',
  'breakwater.json',
  'breakwater.config.ts',
  'breakwater.config.js',
] as const

export interface LoadOptions {
  /** The file to load; without it one of DEFAULT_FILES, or none. */
  readonly file?: string | undefined
  /** Where to look, and where paths on the command line start. */
  readonly cwd?: string | undefined
  readonly commandLine?: CommandLine | undefined
}

interface Attempt {
  /** The config file, absolute; null when the command line is all. */
  readonly file: string | null
  /** The file's text, for excerpts; undefined for a module. */
  readonly text: string | undefined
  /** Every file that the result depends on, to be watched. */
  readonly files: readonly string[]
}

export interface LoadedConfig extends Attempt {
  readonly ok: true
  readonly config: Config
  readonly warnings: readonly ConfigError[]
  /** Where the option of this path was written: `line 12`, `the file`, `command line`; or `default`. */
  origin(path: Path): string
}

export interface FailedConfig extends Attempt {
  readonly ok: false
  readonly errors: readonly ConfigError[]
}

export type Loaded = LoadedConfig | FailedConfig

/** The file that is meant, absolute: the one that is named, or one of DEFAULT_FILES; undefined where there is none. */
export function configFile(named: string | undefined, cwd: string = process.cwd()): string | undefined {
  const file = named ?? DEFAULT_FILES.find(name => existsSync(join(cwd, name)))
  return file === undefined ? undefined : resolve(cwd, file)
}

/** Never rejects: what is wrong is in the result. */
export async function loadConfig({ file, cwd = process.cwd(), commandLine = {} }: LoadOptions = {}): Promise<Loaded> {
  const named = configFile(file, cwd)
  const files = new Set(named === undefined ? [] : [named])
  const opened = named === undefined ? { source: nothing } : await open(named, files)
  const attempt = (): Attempt => ({ file: named ?? null, text: opened.text, files: [...files] })
  if (opened.source === undefined) return { ok: false, errors: opened.errors ?? [], ...attempt() }
  const folder = named === undefined ? cwd : dirname(named)
  const surroundings = surroundingsIn(folder, path => files.add(path))
  const result = readSource(opened.source, commandLine, cwd, surroundings)
  return { ...result, ...attempt() }
}

const nothing: Source = { file: 'command line', value: undefined, locate: () => undefined }

interface Opened {
  source?: Source
  text?: string
  errors?: ConfigError[]
}

async function open(file: string, files: Set<string>): Promise<Opened> {
  if (/^\.[cm]?[jt]s$/.test(extname(file))) return openModule(file, files)
  try {
    const text = readBounded(file)
    const parsed = parseSource(file, text)
    return Array.isArray(parsed) ? { text, errors: parsed } : { text, source: parsed }
  } catch (error) {
    return { errors: [unread(file, error)] }
  }
}

async function openModule(file: string, files: Set<string>): Promise<Opened> {
  if (!existsSync(file)) return { errors: [wrong('not-found', file, 'there is no such file')] }
  try {
    const loaded = await importConfig(file)
    for (const each of loaded.files) files.add(each)
    if (typeof loaded.value !== 'object' || loaded.value === null)
      return {
        errors: [
          wrong('module-failed', file, 'has no config as its default export', 'export default defineConfig({ … })'),
        ],
      }
    return { source: { file, value: loaded.value, locate: () => undefined } }
  } catch (error) {
    return { errors: [wrong('module-failed', file, error instanceof Error ? error.message : String(error))] }
  }
}

function unread(file: string, error: unknown): ConfigError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return wrong('not-found', file, 'there is no such file')
  if (error instanceof RangeError) return wrong('too-large', file, error.message)
  return wrong('unreadable', file, error instanceof Error ? error.message : String(error))
}

const wrong = (code: ConfigError['code'], file: string, message: string, expected?: string): ConfigError => ({
  code,
  file,
  path: '',
  message,
  ...(expected === undefined ? {} : { expected }),
})

type Result = Pick<LoadedConfig, 'ok' | 'config' | 'warnings' | 'origin'> | Pick<FailedConfig, 'ok' | 'errors'>

function readSource(
  source: Source,
  flags: CommandLine,
  cwd: string,
  surroundings: ReturnType<typeof surroundingsIn>,
): Result {
  if (originsTwice(source.value, flags)) {
    const message = 'origins are given on the command line and as sites in the file'
    return { ok: false, errors: [placed(source, [], { code: 'origins-twice', path: ['sites'], part: 'key', message })] }
  }
  const { value, paths } = withFlags(source.value, flags, cwd)
  const { config, problems, sites, written } = readConfig(value, surroundings)
  const all = [...problems, ...siteContradictions(sites), ...(config === undefined ? [] : contradictions(config))]
  if (config === undefined || all.length > 0)
    return { ok: false, errors: inOrder(all.map(each => placed(source, paths, each))) }
  const warnings = doubts(config, Date.now()).map(each => placed(source, paths, { ...each, part: 'value' }))
  return { ok: true, config, warnings, origin: path => originOf(source, paths, written, path) }
}

interface Unplaced {
  readonly code: ConfigError['code']
  readonly path: Path
  readonly part: 'key' | 'value'
  readonly message: string
  readonly expected?: string | undefined
  readonly nearest?: string | undefined
}

/** The problem with the place in the file that it is about. */
function placed(
  source: Source,
  flags: readonly string[],
  { code, path, part, message, expected, nearest }: Unplaced,
): ConfigError {
  const text = pathText(path)
  const here = {
    code,
    path: text,
    message,
    ...(expected === undefined ? {} : { expected }),
    ...(nearest === undefined ? {} : { nearest }),
  }
  if (isFlag(flags, text)) return { ...here, file: 'command line' }
  return { ...here, file: source.file, ...source.locate(path, part) }
}

function originOf(source: Source, flags: readonly string[], written: ReadonlySet<string>, path: Path): string {
  const text = pathText(path)
  if (isFlag(flags, text) && written.has(text)) return 'command line'
  if (!written.has(text)) return 'default'
  const position = source.locate(path, 'key')
  return position === undefined ? 'the file' : `line ${position.line}`
}

/** From the top of the file to its end. */
const inOrder = (errors: ConfigError[]): ConfigError[] =>
  errors.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
