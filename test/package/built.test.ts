// What the npm package will carry, built and tried as it would lie below somebody's node_modules.

import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Machine, checkout } from './house.ts'

const { files, exports } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
  files: string[]
  exports: Record<string, Record<string, string>>
}
const tsc = join(checkout, 'node_modules/.bin/tsc')

const right = `import { defineConfig } from 'breakwater'
import type { ConfigInput } from 'breakwater'
import { origins } from './origins.ts'

const more: Partial<ConfigInput> = { edges: 1 }
export default defineConfig({ sites: [{ origins }], ...more })
`
const wrong = `import { defineConfig } from 'breakwater'

export default defineConfig({ lisen: 8080, sites: [{ origins: ['http://127.0.0.1:1'] }] })
`

describe('the package as built', { timeout: 120_000 }, () => {
  const machine = new Machine()
  const home = machine.at('node_modules/breakwater')
  const bin = join(home, 'bin/breakwater.mjs')
  after(() => machine[Symbol.dispose]())

  before(async () => {
    mkdirSync(home, { recursive: true })
    await machine.run(tsc, ['-p', join(checkout, 'tsconfig.build.json'), '--outDir', join(home, 'dist')])
    for (const each of ['package.json', ...files.filter(name => name !== 'dist')])
      cpSync(join(checkout, each), join(home, each), { recursive: true })
    symlinkSync(join(checkout, 'node_modules'), join(home, 'node_modules'))
    writeFileSync(machine.at('package.json'), '{"type":"module"}')
    writeFileSync(machine.at('origins.ts'), "export const origins: string[] = ['http://127.0.0.1:1']\n")
  })

  it('has every file that it says it exports', () => {
    for (const file of Object.values(exports['.']!)) assert.ok(readFileSync(join(home, file), 'utf8').length > 0, file)
  })

  it('runs under the Node that the machine has, by way of the one brought along', async () => {
    assert.match(await machine.run('node', [bin, '--help']), /^Usage: breakwater /)
  })

  it('answers for its own name in a typed config, with nothing installed beside that', async () => {
    const elsewhere = machine.at('elsewhere')
    mkdirSync(elsewhere)
    cpSync(machine.at('origins.ts'), join(elsewhere, 'origins.ts'))
    writeFileSync(join(elsewhere, 'breakwater.config.ts'), right)
    assert.match(await machine.run('node', [bin, 'check'], elsewhere), /The config is right/)
    const source = join(checkout, 'bin/breakwater.mjs')
    assert.match(await machine.run('node', [source, 'check'], elsewhere), /The config is right/)
  })

  it('gives a compiler or an editor the types of a config', async () => {
    const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', '']
    writeFileSync(machine.at('right.ts'), right)
    await machine.run(tsc, [...strict, '--allowImportingTsExtensions', 'right.ts'])
    writeFileSync(machine.at('wrong.ts'), wrong)
    await assert.rejects(machine.run(tsc, [...strict, 'wrong.ts']), (error: { stdout: string }) =>
      error.stdout.includes("'lisen' does not exist"),
    )
  })
})
