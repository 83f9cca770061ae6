// Secrets and files: what does not stand in the config but is named by it. Both are read when the config is loaded, so
// that a missing one is an error with a line number and not a surprise at night.

import { Refusal, isMap, show } from '../kind.ts'
import type { JsonSchema, Kind, Surroundings } from '../kind.ts'

/** A secret with the place it came from. `redact` shows the place only. */
export interface Secret {
  secret: string
  /** `env NAME` or `file PATH`. */
  from: string
}

/** Where a secret is to be taken from. */
export type SecretInput = { env: string } | { file: string }

export function isSecret(value: unknown): value is Secret {
  return isMap(value) && typeof value['secret'] === 'string' && typeof value['from'] === 'string'
}

/** A secret of at least `minLength` characters after trimming. */
export function secret(minLength: number): Kind<Secret, SecretInput> {
  return {
    name: 'secret',
    expected: '`{ env: NAME }` or `{ file: PATH }`',
    bounds: `${minLength} characters or more`,
    format: ({ from }) => `(hidden, from ${from})`,
    schema: { oneOf: [onlyMember('env'), onlyMember('file')] },
    read: (given, surroundings) => {
      if (!isMap(given)) return new Refusal('plain-secret', 'a secret does not stand in the config itself')
      const found = fetchSecret(given, surroundings)
      if (found instanceof Refusal || found.secret.length >= minLength) return found
      return new Refusal('out-of-bounds', `the secret (${found.from}) has fewer than ${minLength} characters`)
    },
  }
}

const onlyMember = (name: string): JsonSchema => ({
  type: 'object',
  properties: { [name]: { type: 'string' } },
  required: [name],
  additionalProperties: false,
})

function fetchSecret(given: Record<string, unknown>, surroundings: Surroundings): Secret | Refusal {
  const [name, ...others] = Object.keys(given)
  const place = name === undefined ? undefined : given[name]
  if (others.length > 0 || (name !== 'env' && name !== 'file') || typeof place !== 'string')
    return new Refusal('wrong-type', 'names neither an environment variable nor a file')
  if (name === 'env') {
    const found = surroundings.env[place]?.trim()
    return found ? { secret: found, from: `env ${place}` } : new Refusal('secret-unreadable', `${place} is not set`)
  }
  const found = readNamed(place, 'secret-unreadable', surroundings)
  if (found instanceof Refusal) return found
  const trimmed = found.trim()
  return trimmed ? { secret: trimmed, from: `file ${place}` } : new Refusal('secret-unreadable', `${place} is empty`)
}

/** The text of a file named by its path, for certificates and the like. */
export function fileText(): Kind<string, string> {
  return {
    name: 'path of a file',
    expected: 'the path of a readable file, relative to the folder of the config file',
    schema: { type: 'string', minLength: 1 },
    format: text => `(a file of ${text.length} characters)`,
    read: (given, surroundings) => {
      if (typeof given !== 'string' || given === '') return new Refusal('wrong-type', `${show(given)} is not a path`)
      return readNamed(given, 'file-unreadable', surroundings)
    },
  }
}

/** A path that need not exist yet, made absolute. */
export function path(): Kind<string, string> {
  return {
    name: 'path',
    expected: 'a path, relative to the folder of the config file',
    schema: { type: 'string', minLength: 1 },
    read: (given, surroundings) =>
      typeof given === 'string' && given !== '' && !given.includes('\0')
        ? surroundings.resolvePath(given)
        : new Refusal('wrong-type', `${show(given)} is not a path`),
  }
}

/** The text of a file that the config names, or why there is none. */
export function readNamed(path: string, code: 'secret-unreadable' | 'file-unreadable', surroundings: Surroundings) {
  try {
    return surroundings.readFile(path)
  } catch (error) {
    return new Refusal(code, `${path} cannot be read: ${reason(error)}`)
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EACCES' || code === 'EPERM') return 'permission is denied'
  if (code === 'EISDIR') return 'it is a folder'
  return error instanceof Error ? error.message : String(error)
}
