// Where another Node started this one in its place (scripts/node.mjs), the two are one process to whoever ends them: should the launcher
// be killed, its end of a pipe closes, and this process ends as if it had been killed itself. When another process takes the place of
// this one, the launcher learns so over the same pipe, and goes on as that one.

import { writeSync } from 'node:fs'
import { Socket } from 'node:net'

const VARIABLE = 'BREAKWATER_LAUNCHED'
/** The pipe's file descriptor, as scripts/node.mjs gives it. */
const PIPE = 3

let isLaunchedHere = false

/** Whether a launcher stands in front of this process. */
export const isLaunched = (): boolean => isLaunchedHere

/** The variable names the launcher, so that programs that inherit it know that it is not meant for them. */
export function endWithLauncher(): void {
  const launcher = process.env[VARIABLE]
  delete process.env[VARIABLE]
  if (launcher !== String(process.ppid)) return
  isLaunchedHere = true
  const pipe = new Socket({ fd: PIPE, readable: true, writable: false })
  pipe.on('error', () => undefined)
  pipe.on('close', () => process.kill(process.pid, 'SIGKILL'))
  pipe.resume().unref()
  process.on('exit', code => tellLauncher(`ended ${process.pid} ${code}`))
}

/** From now on the launcher stands for that process. */
export const succeededBy = (pid: number): void => tellLauncher(`successor ${pid}`)

function tellLauncher(line: string): void {
  if (!isLaunchedHere) return
  try {
    writeSync(PIPE, `${line}\n`)
  } catch {
    // It was killed: this process ends as well.
  }
}
