// A value that may differ by mode: written plainly it holds in every mode, written as `{ normal: …, spike: … }` side by
// side. A mode left out takes the value of the mode before it.

import { Refusal, formatted, isMap, show } from '../kind.ts'
import type { Kind, Surroundings } from '../kind.ts'
import { MODES } from '../modes.ts'
import type { Mode, PerMode } from '../modes.ts'

export type PerModeInput<I> = I | { [M in Mode]?: I }

/** `kind`'s own values must not be maps, or the two ways of writing could not be told apart. */
export function perMode<T, I>(kind: Kind<T, I>): Kind<PerMode<T>, PerModeInput<I>> {
  const properties = Object.fromEntries(MODES.map(mode => [mode, kind.schema]))
  return {
    ...(kind.bounds === undefined ? {} : { bounds: kind.bounds }),
    name: `${kind.name}, also per mode`,
    expected: `${kind.expected}, or one for each of ${MODES.join(', ')}`,
    schema: { anyOf: [kind.schema, { type: 'object', properties, additionalProperties: false, minProperties: 1 }] },
    format: values => {
      const shown = MODES.map(mode => (values[mode] === undefined ? '' : formatted(kind, values[mode])))
      if (shown.every(each => each === shown[0])) return shown[0]!
      return `{ ${MODES.map((mode, i) => `${mode}: ${shown[i]}`)
        .filter((_, i) => shown[i] !== '')
        .join(', ')} }`
    },
    read: (given, surroundings) => {
      if (isMap(given)) return readEach(kind, given, surroundings)
      const value = kind.read(given, surroundings)
      return value instanceof Refusal ? value : { normal: value, spike: value, frozen: value }
    },
  }
}

function readEach<T>(kind: Kind<T, unknown>, given: Record<string, unknown>, surroundings: Surroundings) {
  const unknown = Object.keys(given).find(name => !MODES.some(mode => mode === name))
  if (unknown !== undefined)
    return new Refusal('unknown-option', `${show(unknown)} is no mode`, MODES.join(', '), [unknown])
  const values: PerMode<T> = { normal: undefined, spike: undefined, frozen: undefined }
  let before: T | undefined
  for (const mode of MODES) {
    if (given[mode] !== undefined) {
      const value = kind.read(given[mode], surroundings)
      if (value instanceof Refusal)
        return new Refusal(value.code, value.message, value.expected ?? kind.expected, [mode, ...value.at])
      before = value
    }
    values[mode] = before
  }
  return values
}
