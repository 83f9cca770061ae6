// The reference of the command line: what --help prints, verb by verb. The command line itself is asked, because its main
// file runs when it is loaded.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const run = promisify(execFile)

/** `journal list`, and one more. */
const DEEPEST = 3

interface Help {
  readonly verbs: readonly string[]
  readonly text: string
}

export async function cliReference(): Promise<string> {
  const sections = await withAllBelow([])
  return `# The command line

<!-- Made by \`npm run docs\` from what --help prints. Edit src/cli/. -->

In a checkout \`node bin/breakwater.mjs\` stands for \`breakwater\`. Exit codes: 0 when it went well, 1 when
\`check\` found something wrong or the process could not start, 2 for a command line, a config or a command that was refused.

${sections.map(({ verbs, text }) => `## \`${['breakwater', ...verbs].join(' ')}\`\n\n\`\`\`text\n${text}\n\`\`\``).join('\n\n')}
`
}

/** The help of this verb, then of those below it. */
async function withAllBelow(verbs: readonly string[]): Promise<Help[]> {
  const text = await helpFor(verbs)
  // What is no verb is answered with the help of the verb above it, which would go on without end.
  if (verbs.length > DEEPEST) throw new Error(`breakwater ${verbs.join(' ')} is no verb: ${text.slice(0, 80)}`)
  const below = await Promise.all(verbsIn(text).map(verb => withAllBelow([...verbs, verb])))
  return [{ verbs, text }, ...below.flat()]
}

async function helpFor(verbs: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [main, ...verbs, '--help'], { env: { ...process.env, NO_COLOR: '1' } })
  return stdout.trimEnd()
}

/** The first words of the lines below "Commands:", less `help`. */
function verbsIn(help: string): string[] {
  const commands = /^Commands:\n((?: {2}.*\n)+)/m.exec(help)?.[1] ?? ''
  return [...commands.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, verb]) => verb!).filter(verb => verb !== 'help')
}
