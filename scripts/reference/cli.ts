// The reference of the command line: what --help prints, verb by verb.

import type { Command } from 'commander'
import { buildProgram } from '../../src/cli/program.ts'

interface Help {
  readonly verbs: readonly string[]
  readonly text: string
}

export async function cliReference(): Promise<string> {
  const sections = withAllBelow(await buildProgram(), [])
  return `# The command line

<!-- Made by \`npm run docs\` from what --help prints. Edit src/cli/. -->

In a checkout \`node bin/breakwater.mjs\` stands for \`breakwater\`. Exit codes: 0 when it went well, 1 when
\`check\` found something wrong or the process could not start, 2 for a command line, a config or a command that was refused.

${sections.map(({ verbs, text }) => `## \`${['breakwater', ...verbs].join(' ')}\`\n\n\`\`\`text\n${text}\n\`\`\``).join('\n\n')}
`
}

/** The help of this verb, then of those below it. */
function withAllBelow(command: Command, verbs: readonly string[]): Help[] {
  const below = command
    .createHelp()
    .visibleCommands(command)
    .filter(each => each.name() !== 'help')
  return [{ verbs, text: helpOf(command) }, ...below.flatMap(each => withAllBelow(each, [...verbs, each.name()]))]
}

/** As it is printed where there is no terminal. */
function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({
    writeOut: piece => (text += piece),
    getOutHelpWidth: () => 80,
    getOutHasColors: () => false,
  })
  command.outputHelp()
  return text.trimEnd()
}
