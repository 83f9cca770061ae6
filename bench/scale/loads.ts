// Loads of docs/scale.md that the bench has no other use for: requests that the origin holds back, forms posted by many at once, and what
// a process has written.

import { readFileSync, readdirSync, statSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { BROWSER_FIELDS } from '../browser.ts'
import { FORMS_HOST, FORM_PATH } from './house.ts'
import { HELD_PATH } from './site.ts'
import type { Site } from './site.ts'
import { until } from './until.ts'

const CONNECTIONS = 64
const FORM_BYTES = 1024

/** So many visitors, each with a request that the origin has and does not answer. What it hands back lets them all go. */
export async function heldRequests(port: number, site: Site, count: number): Promise<() => Promise<void>> {
  const sockets: Socket[] = Array.from({ length: count }, (_, n) => {
    // With a cookie it is nobody else's, so that no other node is asked for it.
    const head = `GET ${HELD_PATH}${n} HTTP/1.1\r\nCookie: held=${n}\r\n${BROWSER_FIELDS}`
    const socket = connect(port, '127.0.0.1', () => socket.write(head))
    return socket.on('error', () => {})
  })
  let told = ''
  for (const socket of sockets) socket.once('data', bytes => (told ||= bytes.toString('latin1').split('\r\n', 1)[0]!))
  await until(
    () =>
      `the origin has ${count} requests; it has ${site.held}${told === '' ? '' : `, and somebody was answered ${told}`}`,
    () => site.held >= count,
  )
  return async () => {
    site.release()
    await until('all are answered', () => sockets.every(({ bytesRead }) => bytesRead > 0))
    for (const socket of sockets) socket.destroy()
  }
}

/** So many forms of 1 KiB, each with a number of its own, acknowledged every one. */
export async function postForms(port: number, count: number, from: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  let next = 0
  const poster = async (): Promise<void> => {
    while (next < count) {
      const text = `number=${from + next++}&comment=`
      const status = await post(agent, port, text.padEnd(FORM_BYTES, 'x'))
      if (status !== 303) throw new Error(`a form was answered ${status}`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, poster))
  agent.destroy()
}

function post(agent: Agent, port: number, body: string): Promise<number> {
  const headers = {
    ...{ host: FORMS_HOST, origin: `http://${FORMS_HOST}`, 'content-length': body.length },
    'content-type': 'application/x-www-form-urlencoded',
  }
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: FORM_PATH, method: 'POST', agent, headers }
    const asked = request(options, response => response.resume().on('end', () => resolve(response.statusCode ?? 0)))
    asked.on('error', reject).end(body)
  })
}

export function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(each => each.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

/** Bytes that a process has had written to disk so far (proc_pid_io(5)). */
export const writtenBytes = (pid: number): number =>
  Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1] ?? 0)
