// Which programs of others are on this machine, their versions, and how to get those that are missing.

import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A program the bench can make use of, and the Debian package that has it. */
export interface Program {
  readonly command: string
  readonly package: string
  /** How it is asked for its version. */
  readonly version: readonly string[]
}

export const NGINX: Program = { command: 'nginx', package: 'nginx', version: ['-v'] }
export const VARNISH: Program = { command: 'varnishd', package: 'varnish', version: ['-V'] }
export const HAPROXY: Program = { command: 'haproxy', package: 'haproxy', version: ['-v'] }
export const WRK: Program = { command: 'wrk', package: 'wrk', version: ['-v'] }
export const H2LOAD: Program = { command: 'h2load', package: 'nghttp2-client', version: ['--version'] }
export const OPENSSL: Program = { command: 'openssl', package: 'openssl', version: ['version'] }
export const REDIS: Program = { command: 'redis-server', package: 'redis-server', version: ['--version'] }
export const VALKEY: Program = { command: 'valkey-server', package: 'valkey-server', version: ['--version'] }
export const POSTGRES: Program = { command: 'initdb', package: 'postgresql', version: ['--version'] }
export const TASKSET: Program = { command: 'taskset', package: 'util-linux', version: ['-V'] }

const POSTGRES_FOLDER = '/usr/lib/postgresql'

/** Servers are often in sbin, which a user's path may lack; Debian keeps PostgreSQL's in folders by version. */
const FOLDERS = [
  ...[...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/sbin'],
  ...(existsSync(POSTGRES_FOLDER)
    ? readdirSync(POSTGRES_FOLDER).map(version => join(POSTGRES_FOLDER, version, 'bin'))
    : []),
]

/** Whether a command can be run. */
export function has(command: string): boolean {
  return pathOf(command) !== undefined
}

/** The full path of a command, or its bare name when it is not there. */
export function located(command: string): string {
  return pathOf(command) ?? command
}

/** What to type to get these programs. */
export function installation(programs: readonly Program[]): string {
  return `apt-get install --no-install-recommends ${programs.map(each => each.package).join(' ')}`
}

/** The version number a program states of itself, or 'unknown'. */
export function versionOf(program: Program): string {
  const result = spawnSync(located(program.command), [...program.version], { encoding: 'utf8', timeout: 5000 })
  return /\d+\.\d+(\.\d+)*/.exec(`${result.stdout}${result.stderr}`)?.[0] ?? 'unknown'
}

function pathOf(command: string): string | undefined {
  return FOLDERS.map(folder => join(folder, command)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
