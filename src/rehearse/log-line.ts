// One line of an access log: the common and combined formats of web servers, and JSON with the usual names. Pure.

export interface LogLine {
  /** Unix time, whole seconds. */
  second: number
  method: string
  /** Origin-form request target. */
  target: string
  status: number
  /** Who asked, as far as the line tells: an address and a browser; empty when it names no address. */
  client: string
  /** Requests that the line stands for: more than one in a log that is a sample. */
  requests: number
}

/** What the line tells; undefined when it is in none of the formats. */
export function parseLogLine(line: string): LogLine | undefined {
  return line.startsWith('{') ? fromJson(line) : fromCombined(line)
}

/** `host ident user [10/Oct/2000:13:55:36 -0700] "GET /path HTTP/1.0" 200 …` */
const COMBINED =
  /^(\S+) \S+ .*?\[([^\]]+)\] "([A-Z]+) (\S+)[^"]*" (\d{3}) (?:\S+ "(?:[^"\\]|\\.)*" "((?:[^"\\]|\\.)*)")?/
const DATE = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-]\d{2})(\d{2})$/
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec'

function fromCombined(line: string): LogLine | undefined {
  const [, address, date, method, target, status, agent = ''] = COMBINED.exec(`${line} `) ?? []
  const second = date === undefined ? undefined : secondOf(date)
  if (second === undefined) return undefined
  return {
    second,
    method: method!,
    target: target!,
    status: Number(status),
    client: `${address} ${agent}`,
    requests: 1,
  }
}

function secondOf(date: string): number | undefined {
  const [, day, name = '', year, hour, minute, second, zoneHour, zoneMinute] = DATE.exec(date) ?? []
  const month = MONTHS.indexOf(name) / 3
  if (day === undefined || !Number.isInteger(month) || month < 0) return undefined
  const text = `${year}-${String(month + 1).padStart(2, '0')}-${day}T${hour}:${minute}:${second}${zoneHour}:${zoneMinute}`
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000)
}

const TIMES = ['at', 'time', 'timestamp', 'ts', '@timestamp', 'time_iso8601']
const TARGETS = ['target', 'path', 'uri', 'request_uri', 'url']
const METHODS = ['method', 'request_method']
const ADDRESSES = ['client', 'remote_addr', 'client_ip', 'ip', 'address']
const AGENTS = ['userAgent', 'user_agent', 'http_user_agent', 'agent']

function fromJson(line: string): LogLine | undefined {
  let said: Record<string, unknown>
  try {
    said = JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
  const first = (names: string[]): unknown => names.map(name => said[name]).find(value => value !== undefined)
  const [time, target, method = 'GET', status = 200] = [first(TIMES), first(TARGETS), first(METHODS), said['status']]
  // A number is Unix time: seconds, or milliseconds where it would be far in the future otherwise.
  const ms = typeof time === 'number' ? (time < 1e11 ? time * 1000 : time) : Date.parse(String(time))
  if (!Number.isFinite(ms) || typeof target !== 'string' || typeof method !== 'string') return undefined
  const [address, agent = '', share] = [first(ADDRESSES), first(AGENTS), said['share']]
  const client = typeof address === 'string' ? `${address} ${String(agent)}` : ''
  const requests = typeof share === 'number' && share > 0 && share <= 1 ? 1 / share : 1
  return { second: Math.floor(ms / 1000), method, target: originForm(target), status: Number(status), client, requests }
}

function originForm(target: string): string {
  const url = target.startsWith('/') ? null : URL.parse(target)
  return url === null ? target : url.pathname + url.search
}
