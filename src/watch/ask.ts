// One GET, for its status alone: at this process's own door as a visitor, or at an instance that does not serve yet.

import { request } from 'node:http'
import { request as requestSecurely } from 'node:https'

interface Asked {
  address: { hostname: string; port: number }
  isSecure: boolean
  /** What the Host field says, and TLS's server name. */
  host: string
  path: string
  /** Milliseconds. */
  within: number
}

/** The status, or what went wrong in words. The body is read and thrown away. Never rejects. */
export function requestStatus({ address, isSecure, host, path, within }: Asked): Promise<number | string> {
  return new Promise(resolve => {
    const options = { ...address, path, agent: false as const, headers: { host }, timeout: within }
    // The address is ours or the operator's own: which certificate it shows is for visitors to judge.
    const secure = { ...options, servername: host.replace(/:\d+$/, ''), rejectUnauthorized: false }
    const sent = isSecure ? requestSecurely(secure) : request(options)
    const late = setTimeout(() => sent.destroy(new Error('was not answered in time')), within)
    const answer = (said: number | string): void => {
      clearTimeout(late)
      resolve(said)
    }
    sent.on('response', response => {
      response.resume()
      response.on('end', () => answer(response.statusCode ?? 0))
      response.on('error', error => answer(error.message))
    })
    sent.on('timeout', () => sent.destroy(new Error('was not answered in time')))
    sent.on('error', error => answer(error.message))
    sent.end()
  })
}
