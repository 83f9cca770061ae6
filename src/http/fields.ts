// Header fields as they travel through the rooms: one flat list [name, value, name, value, …], the shape node:http calls
// rawHeaders. Order and repetition survive, which a plain object would lose. Names are compared
// without case (RFC 9110 section 5.1).

/** Flat list of names and values, in the order in which they came. */
export type Fields = string[]

/** The first value of the field, or undefined. `name` is lower-case. */
export function first(fields: Fields, name: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) if (isName(fields[i]!, name)) return fields[i + 1]
  return undefined
}

/** Every line of the field, in order. `name` is lower-case. */
export function all(fields: Fields, name: string): string[] {
  const values: string[] = []
  for (let i = 0; i < fields.length; i += 2) if (isName(fields[i]!, name)) values.push(fields[i + 1]!)
  return values
}

/** All lines of a list field joined with commas (RFC 9110 section 5.3), or undefined when there is none. */
export function combined(fields: Fields, name: string): string | undefined {
  const values = all(fields, name)
  return values.length === 0 ? undefined : values.join(', ')
}

export function has(fields: Fields, name: string): boolean {
  return first(fields, name) !== undefined
}

/** A copy without the fields whose lower-case name satisfies `drop`. */
export function without(fields: Fields, drop: (name: string) => boolean): Fields {
  const kept: Fields = []
  for (let i = 0; i < fields.length; i += 2) {
    if (!drop(fields[i]!.toLowerCase())) kept.push(fields[i]!, fields[i + 1]!)
  }
  return kept
}

const isName = (given: string, lower: string): boolean =>
  given === lower || (given.length === lower.length && given.toLowerCase() === lower)
