// The program at its start: reads the command line and does what it says; what went wrong is said on stderr.

import { CommanderError } from 'commander'
import { CliError, USAGE_EXIT } from './cli-error.ts'
import { endWithLauncher } from './launched.ts'
import { buildProgram } from './program.ts'

/** The exit code of what went wrong, said on stderr where it has not been said yet. */
function failed(error: unknown, args: string[]): number {
  if (error instanceof CommanderError) {
    const [first = ''] = args
    if (error.code === 'commander.unknownCommand' && /[.:/]/.test(first))
      process.stderr.write(`To shield a site: breakwater serve ${first}\n`)
    return error.exitCode === 0 ? 0 : USAGE_EXIT
  }
  process.stderr.write(
    `${error instanceof CliError ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  )
  return error instanceof CliError ? error.exitCode : 1
}

endWithLauncher()

// Whoever read the output may go before its end, as `head` does: what was to be done is done all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

const args = process.argv.slice(2)
try {
  const program = await buildProgram(args[0])
  await program.parseAsync(args, { from: 'user' })
} catch (error) {
  process.exitCode = failed(error, args)
}
