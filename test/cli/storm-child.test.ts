// Programs that demos and scenarios start: ready, dead too early, too slow, ended.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Child } from '../../src/cli/storms/child.ts'

const folder = mkdtempSync(join(tmpdir(), 'demo-child-'))
after(() => rmSync(folder, { recursive: true }))

test('a program is ready when it says so, and gone when it was ended', async () => {
  const line = Promise.withResolvers<string>()
  const child = new Child('It', [script('console.log("here"); setInterval(() => {}, 1000)')], line.resolve)
  assert.equal(await child.ready(line.promise, 20_000), 'here')
  await child.end()
  await child.end()
})

test('a program that dies before it is ready is told with its last words', async () => {
  const child = new Child('The site', [script('console.error("no database"); process.exit(3)')], () => {})
  await assert.rejects(
    child.ready(new Promise(() => {}), 20_000),
    /The site ended before it was ready; it said:\nno database/,
  )
})

test('a program that never gets ready is given up', async () => {
  const child = new Child('The site', [script('setInterval(() => {}, 1000)')], () => {})
  await assert.rejects(child.ready(new Promise(() => {}), 50), /The site was not ready in 0\.05 s/)
  await child.end()
})

let scripts = 0

function script(text: string): string {
  const path = join(folder, `${scripts++}.mjs`)
  writeFileSync(path, text)
  return path
}
