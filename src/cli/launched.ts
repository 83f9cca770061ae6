// Where another Node started this one in its place (scripts/node.mjs), the two are one process to whoever ends them: should the launcher
// be killed, its end of a pipe closes, and this process ends as if it had been killed itself.

import { Socket } from 'node:net'

const VARIABLE = 'BREAKWATER_LAUNCHED'
/** The pipe's file descriptor, as scripts/node.mjs gives it. */
const PIPE = 3

/** The variable names the launcher, so that programs that inherit it know that it is not meant for them. */
export function endWithLauncher(): void {
  const launcher = process.env[VARIABLE]
  delete process.env[VARIABLE]
  if (launcher !== String(process.ppid)) return
  const pipe = new Socket({ fd: PIPE, readable: true, writable: false })
  pipe.on('error', () => undefined)
  pipe.on('close', () => process.kill(process.pid, 'SIGKILL'))
  pipe.resume().unref()
}
