// A journey as written becomes steps; everything that is wrong is gathered with its place, so that all can be told at once.
import { nearest } from '../../base/nearest.ts'
import type { ErrorCode } from '../../config/errors.ts'
import { isMap, type Kind, type Path, Refusal, show, type Surroundings } from '../../config/kind.ts'
import { count, text } from '../../config/kinds/scalar.ts'
import { duration, percent } from '../../config/kinds/unit.ts'
import type { Expectation, Journey, Step } from './journey.ts'

/** Something wrong, before it is known where in the file it stands. */
export interface Problem {
  code: ErrorCode
  path: Path
  part: 'key' | 'value'
  message: string
  expected?: string
  nearest?: string
}

/** A person opens some dozen pages; branches in branches are hard to read beyond a few. */
const MOST_STEPS = 500
const DEEPEST = 8

const line = text('text', 'text of 1 to 2000 characters', /^[^]+$/u, 2000)
const target = text('path', 'a path such as /petitions/1', /^\/[!-~]*$/, 2000)
const status = count(200, 599)
const weight = count(1, 1_000_000)
const think = duration('1ms', '1h')
const share = percent('0%', '100%')

const VERBS = ['get', 'submit', 'post', 'think', 'branch'] as const
type Verb = (typeof VERBS)[number]
const BESIDE: Record<Verb, readonly string[]> = {
  get: ['expect', 'extract'],
  submit: ['form', 'expect', 'extract'],
  post: ['fields', 'expect', 'extract'],
  think: [],
  branch: [],
}

export class JourneyReader {
  readonly problems: Problem[] = []
  readonly #surroundings: Surroundings
  #steps = 0

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  /** What stands in a file; `name` is what it is called when it does not say. Worth nothing when there are problems. */
  journey(given: unknown, name: string): Journey {
    const map = this.#map(given, [], 'a journey with its steps')
    this.#known(map, ['journey', 'weight', 'steps'], [])
    return {
      name: map['journey'] === undefined ? name : (this.#value(line, map['journey'], ['journey']) ?? name),
      weight: map['weight'] === undefined ? 1 : (this.#value(weight, map['weight'], ['weight']) ?? 1),
      steps: this.#list(map['steps'], ['steps'], 0),
    }
  }

  #list(given: unknown, path: Path, depth: number): Step[] {
    if (!Array.isArray(given) || given.length === 0) {
      const message = given === undefined ? 'must be written' : `${show(given)} is no list of steps`
      this.#wrong({ code: given === undefined ? 'missing-option' : 'wrong-type', path, part: 'value', message, expected: 'a list of steps such as [{ get: / }]' }) // prettier-ignore
      return []
    }
    if (depth > DEEPEST) this.#wrong({ code: 'out-of-bounds', path, part: 'key', message: `branches more than ${DEEPEST} deep` }) // prettier-ignore
    return given.flatMap((step: unknown, i) => this.#step(step, [...path, i], depth) ?? [])
  }

  #step(given: unknown, path: Path, depth: number): Step | undefined {
    if (++this.#steps === MOST_STEPS + 1) this.#wrong({ code: 'out-of-bounds', path, part: 'key', message: `more than ${MOST_STEPS} steps` }) // prettier-ignore
    const map = this.#map(given, path, 'a step such as { get: / }')
    const verbs = VERBS.filter(verb => Object.hasOwn(map, verb))
    if (verbs.length === 1) {
      this.#known(map, [verbs[0]!, ...BESIDE[verbs[0]!]], path)
      return this.#reading[verbs[0]!](map, path, depth)
    }
    const unknown = this.#known(map, [...VERBS, 'expect', 'extract', 'form', 'fields'], path)
    if (isMap(given) && !unknown) {
      const message = verbs.length === 0 ? 'the step does nothing' : `a step does one thing, not ${verbs.join(' and ')}`
      this.#wrong({ code: 'contradiction', path, part: 'value', message, expected: `one of ${VERBS.join(', ')}` })
    }
    return undefined
  }

  readonly #reading: Record<Verb, (map: Map, path: Path, depth: number) => Step | undefined> = {
    get: (map, path) => {
      const to = this.#value(target, map['get'], [...path, 'get'])
      return to === undefined ? undefined : { kind: 'get', path: to, ...this.#request(map, path) }
    },
    submit: (map, path) => {
      const form = map['form'] === undefined ? undefined : this.#value(line, map['form'], [...path, 'form'])
      const fields = this.#texts(map['submit'], [...path, 'submit'])
      return { kind: 'submit', form, fields, ...this.#request(map, path) }
    },
    post: (map, path) => {
      const to = this.#value(target, map['post'], [...path, 'post'])
      const fields = this.#texts(map['fields'], [...path, 'fields'])
      return to === undefined ? undefined : { kind: 'post', path: to, fields, ...this.#request(map, path) }
    },
    think: (map, path) => this.#think(map['think'], [...path, 'think']),
    branch: (map, path, depth) => this.#branch(map['branch'], [...path, 'branch'], depth),
  }

  #request(map: Map, path: Path): { expect: Expectation; extract: { name: string; pattern: string }[] } {
    const patterns = Object.entries(this.#texts(map['extract'], [...path, 'extract']))
    for (const [name, pattern] of patterns) this.#checkPattern(pattern, [...path, 'extract', name])
    return {
      expect: this.#expectation(map['expect'], [...path, 'expect']),
      extract: patterns.map(([name, pattern]) => ({ name, pattern })),
    }
  }

  /** A text alone stands for what has to be on the page. */
  #expectation(given: unknown, path: Path): Expectation {
    if (given === undefined) return { text: [], without: [] }
    if (typeof given === 'string' || Array.isArray(given)) return { text: this.#lines(given, path), without: [] }
    const map = this.#map(given, path, 'a text, or { status, text, without }')
    this.#known(map, ['status', 'text', 'without'], path)
    const code = map['status'] === undefined ? undefined : this.#value(status, map['status'], [...path, 'status'])
    const expect = { text: this.#lines(map['text'], [...path, 'text']), without: this.#lines(map['without'], [...path, 'without']) } // prettier-ignore
    return code === undefined ? expect : { status: code, ...expect }
  }

  #lines(given: unknown, path: Path): string[] {
    if (given === undefined) return []
    if (!Array.isArray(given)) return [this.#value(line, given, path) ?? '']
    return given.map((each, i) => this.#value(line, each, [...path, i]) ?? '')
  }

  #texts(given: unknown, path: Path): Record<string, string> {
    if (given === undefined || given === null) return {}
    const map = this.#map(given, path, 'names with texts')
    const entries = Object.entries(map).map(([name, each]) => {
      const value = asText(each) === '' ? '' : this.#value(line, asText(each), [...path, name])
      return [name, value ?? ''] as const
    })
    return Object.fromEntries(entries)
  }

  #think(given: unknown, path: Path): Step | undefined {
    const [from, to, ...rest] = typeof given === 'string' ? given.split(/\s+to\s+/) : [given]
    const low = this.#value(think, from, path)
    if (low === undefined || to === undefined) return low === undefined ? undefined : { kind: 'think', mean: low }
    const high = this.#value(think, to, path)
    if (high === undefined) return undefined
    if (rest.length > 0 || high < low) {
      this.#wrong({ code: 'bad-value', path, part: 'value', message: `${show(given)} goes from more to less`, expected: 'a time such as 5s (a mean), or 2s to 6s' }) // prettier-ignore
    }
    return { kind: 'think', from: low, to: high }
  }

  #branch(given: unknown, path: Path, depth: number): Step | undefined {
    const arms = Array.isArray(given) ? given : [given]
    const read = arms.map((each: unknown, i) => {
      const at = Array.isArray(given) ? [...path, i] : path
      const map = this.#map(each, at, 'an arm such as { share: 30%, steps: [ … ] }')
      this.#known(map, ['share', 'steps'], at)
      const part = this.#value(share, map['share'], [...at, 'share']) ?? 0
      return { share: part, steps: this.#list(map['steps'], [...at, 'steps'], depth + 1) }
    })
    const sum = read.reduce((total, arm) => total + arm.share, 0)
    if (sum > 1 + 1e-9) {
      const message = `the shares add up to ${Math.round(sum * 1000) / 10}%`
      this.#wrong({ code: 'contradiction', path, part: 'value', message, expected: '100% at most' })
    }
    return { kind: 'branch', arms: read }
  }

  #checkPattern(pattern: string, path: Path): void {
    try {
      RegExp(pattern, 'u')
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#wrong({ code: 'bad-pattern', path, part: 'value', message, expected: 'a regular expression' })
    }
  }

  #value<T>(kind: Kind<T, unknown>, given: unknown, path: Path): T | undefined {
    if (given === undefined) {
      this.#wrong({ code: 'missing-option', path, part: 'value', message: 'must be written', expected: kind.expected })
      return undefined
    }
    const value = kind.read(given, this.#surroundings)
    if (!(value instanceof Refusal)) return value
    const { code, message, expected = kind.expected } = value
    this.#wrong({ code, path, part: 'value', message, expected })
    return undefined
  }

  #map(given: unknown, path: Path, expected: string): Map {
    if (isMap(given)) return given
    this.#wrong({ code: 'wrong-type', path, part: 'value', message: `${show(given)} cannot stand here`, expected })
    return {}
  }

  /** Whether something stands there that is not known. */
  #known(map: Map, names: readonly string[], path: Path): boolean {
    const unknown = Object.keys(map).filter(name => !names.includes(name))
    for (const name of unknown) {
      const near = nearest(name, names)
      const message = `"${name}" is not known here`
      this.#wrong({ code: 'unknown-option', path: [...path, name], part: 'key', message, expected: `one of ${names.join(', ')}`, ...(near === undefined ? {} : { nearest: near }) }) // prettier-ignore
    }
    return unknown.length > 0
  }

  #wrong(problem: Problem): void {
    this.problems.push(problem)
  }
}

type Map = Record<string, unknown>

/** Numbers and yes or no are written without quotes by most; forms carry text. */
const asText = (given: unknown): unknown =>
  typeof given === 'number' || typeof given === 'boolean' ? String(given) : given
