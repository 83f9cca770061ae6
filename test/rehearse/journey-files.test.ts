// Journey files: what may be written, and what is said of mistakes.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { ConfigError } from '../../src/config/errors.ts'
import type { Journey } from '../../src/rehearse/journey/journey.ts'
import { meanOf, meanOfAll } from '../../src/rehearse/journey/journey.ts'
import { loadJourney } from '../../src/rehearse/journey/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwater-journeys-'))
after(() => rmSync(folder, { recursive: true }))

const GOOD = `
weight: 3
steps:
  - get: /
    expect: Most signed
  - think: 2s to 6s
  - get: /petitions/1
    extract: { id: 'count-(\\d+)' }
  - branch:
      share: 30%
      steps:
        - get: /petitions/{id}/sign
        - think: 5s
        - submit: { name: 'Ada {visitor}', age: 41 }
          form: sign
          expect: { status: 200, text: [Thank you], without: Sorry }
`

test('a journey in YAML becomes steps, and is named after its file', async () => {
  const { name, weight, steps } = await good('sign.journey.yaml', GOOD)
  assert.deepEqual([name, weight, steps.length], ['sign', 3, 4])
  const branch = steps[3]!
  assert.ok(branch.kind === 'branch')
  assert.deepEqual(branch.arms[0]!.steps[2], {
    kind: 'submit',
    form: 'sign',
    fields: { name: 'Ada {visitor}', age: '41' },
    expect: { status: 200, text: ['Thank you'], without: ['Sorry'] },
    extract: [],
  })
  assert.deepEqual(meanOf(steps), { thinkMs: 4000 + 0.3 * 5000, requests: 2 + 0.3 * 2 })
  const other: Journey = { name: 'other', weight: 1, steps: [] }
  assert.deepEqual(meanOfAll([{ name, weight, steps }, other]), { thinkMs: 0.75 * 5500, requests: 0.75 * 2.6 })
})

test('a journey as a module is the same', async () => {
  const journey = await good(
    'buy.journey.ts',
    `const steps: object[] = [{ get: '/' }]\nexport default { journey: 'buy', steps }`,
  )
  assert.deepEqual([journey.name, journey.steps.length], ['buy', 1])
})

const MISTAKES: [what: string, text: string, said: string][] = [
  ['an unknown step', 'steps:\n  - gett: /\n', '2:5 unknown-option steps[0].gett, did you mean get'],
  ['a step that does two things', 'steps:\n  - get: /\n    think: 1s\n', '2:5 contradiction steps[0]'],
  ['a path without its slash', 'steps:\n  - get: home\n', '2:10 bad-value steps[0].get'],
  ['a time without a unit', 'steps:\n  - think: 5\n', '2:12 no-unit steps[0].think'],
  ['a time that runs backwards', 'steps:\n  - think: 6s to 2s\n', '2:12 bad-value steps[0].think'],
  ['shares over 100%', 'steps:\n  - branch:\n      - { share: 60%, steps: [get: /] }\n      - { share: 50%, steps: [get: /] }\n', '3:7 contradiction steps[0].branch'],
  ['no steps', 'weight: 2\n', '1:1 missing-option steps'],
  ['a pattern that is none', "steps:\n  - get: /\n    extract: { id: '(' }\n", '3:20 bad-pattern steps[0].extract.id'],
  ['broken YAML', 'steps:\n  - get: [\n', '3:1 syntax'],
] // prettier-ignore

for (const [what, text, said] of MISTAKES) {
  test(`${what} is told with its line and column`, async () => {
    const [error] = await bad('wrong.yaml', text)
    const { line, column, code, path, nearest } = error!
    const shown = `${line}:${column} ${code}${path === '' ? '' : ` ${path}`}${nearest === undefined ? '' : `, did you mean ${nearest}`}`
    assert.ok(shown.startsWith(said), `${shown}, not ${said}`)
  })
}

test('all mistakes of a file are told at once', async () => {
  const errors = await bad('many.yaml', 'weight: 0\nsteps:\n  - get: x\n  - think: 5\n  - {}\n')
  assert.deepEqual(
    errors.map(({ code }) => code),
    ['out-of-bounds', 'bad-value', 'no-unit', 'contradiction'],
  )
})

test('a module that cannot be parsed is told with its line', async () => {
  const [error] = await bad('broken.journey.ts', 'export default {\n  steps: [{ get "/" }],\n}\n')
  assert.deepEqual([error!.code, error!.line], ['module-failed', 2])
})

test('a file that is not there is told by its name', async () => {
  const result = await loadJourney(join(folder, 'none.yaml'))
  assert.ok('errors' in result && result.errors[0]!.code === 'not-found')
})

async function good(name: string, text: string): Promise<Journey> {
  writeFileSync(join(folder, name), text)
  const result = await loadJourney(join(folder, name))
  assert.ok('journey' in result, JSON.stringify(result))
  return result.journey
}

async function bad(name: string, text: string): Promise<ConfigError[]> {
  writeFileSync(join(folder, name), text)
  const result = await loadJourney(join(folder, name))
  assert.ok('errors' in result)
  return result.errors
}
