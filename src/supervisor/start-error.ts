// The process could not start. The message is for the person at the terminal: what failed and what to change.

export class StartError extends Error {
  override readonly name = 'StartError'
}
