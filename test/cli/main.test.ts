// The command line: verbs, help, typos, exit codes.

import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, it } from 'node:test'
import type { Command } from 'commander'
import { buildProgram } from '../../src/cli/program.ts'
import { version } from '../../src/cli/version.ts'
import { Child } from './fixtures/child.ts'

const program = await buildProgram()

async function run(...args: string[]) {
  const child = Child.breakwater(args, tmpdir())
  return { code: await child.ended, stdout: child.stdout, stderr: child.stderr }
}

describe('command line', { timeout: 60_000, concurrency: 2 }, () => {
  it('prints its version', async () => {
    assert.deepEqual(await run('--version'), { code: 0, stdout: `${version}\n`, stderr: '' })
  })

  for (const verb of program.commands.map(each => each.name()))
    it(`explains ${verb}, with examples`, async () => {
      const { code, stdout } = await run(verb, '--help')
      assert.equal(code, 0)
      assert.match(stdout, new RegExp(`^Usage: breakwater ${verb}`))
      assert.match(stdout, new RegExp(`\\$ breakwater ${verb}`))
    })

  it('says of every verb of a verb, argument and option what it is', () => {
    const tree = (command: Command): Command[] => [command, ...command.commands.flatMap(tree)]
    for (const command of tree(program)) {
      assert.notEqual(command.description(), '', command.name())
      for (const { flags, description } of command.options)
        assert.notEqual(description, '', `${command.name()} ${flags}`)
      for (const argument of command.registeredArguments)
        assert.notEqual(argument.description, '', `${command.name()} ${argument.name()}`)
    }
  })

  it('takes it calmly when nobody reads on', async () => {
    const child = Child.breakwater(['--help'], tmpdir())
    child.process.stdout.destroy()
    assert.deepEqual([await child.ended, child.stderr], [0, ''])
  })

  it('answers a typo with the nearest verb or option, on stderr, with code 2', async () => {
    for (const [args, near] of [
      [['srve', 'http://127.0.0.1:9'], 'serve'],
      [['serve', '--lisen', '8080'], '--listen'],
      [['origin', 'ad', 'http://a'], 'add'],
    ] as const) {
      const { code, stdout, stderr } = await run(...args)
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, new RegExp(`Did you mean ${near}\\?`))
    }
  })

  it('knows what is meant by an origin without a verb', async () => {
    const { code, stderr } = await run('https://example.org')
    assert.equal(code, 2)
    assert.match(stderr, /To shield a site: breakwater serve https:\/\/example\.org/)
  })

  it('says that nothing runs where a command is to go', async () => {
    const { code, stderr } = await run('origin', 'list', '--admin', '127.0.0.1:1')
    assert.equal(code, 2)
    assert.match(stderr, /^No Breakwater answers at 127\.0\.0\.1:1\./)
  })
})
