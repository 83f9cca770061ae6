// What a verb could not do, in words for the person who typed it. Printed on stderr without a stack.

/** Wrong usage, a wrong config, a command that was refused. */
export const USAGE_EXIT = 2

export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: number

  constructor(message: string, exitCode: number = USAGE_EXIT) {
    super(message)
    this.exitCode = exitCode
  }
}
