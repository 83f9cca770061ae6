// Whether two sides gave the same answers. Where they may differ by design stands in the table below, with the reason;
// everything else is a fault of one of them.

import type { Heard } from './side.ts'

/** Differences that are meant. */
export const ALLOWED = {
  'order of fields':
    'A stored response goes out of the fast lane with its fields as they lie in the store; the slow lane puts framing last. The order of fields of different names means nothing (RFC 9110 section 5.3).',
  'an upgrade or a tunnel behind another request':
    'The slow lane alone cannot change protocols while an answer is due and takes such a request for an ordinary one, or closes. Behind an answer that the fast lane gave at once nothing is due any more. Up to that request all is the same, but that the answer that is due is dropped as well where a tunnel is asked for, be its request on its way already or not.',
  'a request whose body breaks off':
    'It may have begun on its way, or be answered for its head alone, when its body turns out to be broken; or not, if that was in the same read and its turn had not come, as behind another request in the slow lane alone. Either way it is never whole at the origin and the connection ends.',
  'how a head that is too large is called':
    '431 or 414 depends on where the reads ended when llhttp gave up (see slow/parse-error.ts), and the fast lane hands over in one piece what came in several.',
} as const

/** A name in the table. */
export type Excuse = keyof typeof ALLOWED

/** What two sides' answers to one stream come to. */
export interface Verdict {
  /** What differs, and should not. */
  fault?: string
  /** What differs, and may. */
  excuse?: Excuse
}

/** `text` is what both were sent, latin1. */
export function compare(text: string, both: Heard, alone: Heard): Verdict {
  const [ours, theirs] = [answersIn(both.received), answersIn(alone.received)]
  const at = firstOther(ours, theirs)
  if (at !== -1) {
    const excuse = excuseFor(text, at, ours, theirs, both.asked, alone.asked)
    return excuse === undefined ? { fault: tell(`answer ${at + 1}`, ours[at], theirs[at]) } : { excuse }
  }
  const asked = firstOther(both.asked, alone.asked)
  if (asked !== -1)
    return asksForTunnel(text) && isCutShort(both.asked, alone.asked)
      ? { excuse: 'an upgrade or a tunnel behind another request' }
      : { fault: tell(`forwarded request ${asked + 1}`, both.asked[asked], alone.asked[asked]) }
  if (both.closedFirst !== alone.closedFirst) {
    return { fault: tell('what the connection is at the end', openOrClosed(both), openOrClosed(alone)) }
  }
  return both.received.equals(alone.received) ? {} : { excuse: 'order of fields' }
}

const tell = (what: string, ours = '(none)', theirs = '(none)'): string =>
  `${what}\n--- fast and slow lane\n${ours}\n--- slow lane alone\n${theirs}`

const openOrClosed = ({ closedFirst }: Heard): string => (closedFirst ? 'closed' : 'open')

/** Which of the differences of the table it is that the answers differ in from `at` on, if any. */
function excuseFor(
  text: string,
  at: number,
  ours: string[],
  theirs: string[],
  asked: readonly string[],
  askedAlone: readonly string[],
): Excuse | undefined {
  if ([ours[at], theirs[at]].every(isTooLarge)) return 'how a head that is too large is called'
  const isLast = at >= Math.min(ours.length, theirs.length) - 1
  const isTunnel = asksForTunnel(text) || (at > 0 && /\n[ \t]*upgrade[ \t]*:/i.test(text))
  const isEnd = isCutShort(asked, askedAlone) || isTakenOtherwise(asked, askedAlone)
  if (isTunnel && isLast && isEnd) return 'an upgrade or a tunnel behind another request'
  const asksMore = asked.length > askedAlone.length
  return at > 0 && !asksMore && isBrokenBody(text, at, ours, theirs) ? 'a request whose body breaks off' : undefined
}

/** Where one side ends earlier than the other, and up to there both are the same. */
const isCutShort = (ours: readonly string[], theirs: readonly string[]): boolean =>
  firstOther(ours.slice(0, theirs.length), theirs.slice(0, ours.length)) === -1

/** The last request that `ours` has forwarded is the same as theirs there, but that it was taken for a change of protocols and theirs for an ordinary one. */
const isTakenOtherwise = (ours: readonly string[], theirs: readonly string[]): boolean => {
  const last = ours.length - 1
  const isSame = firstOther(ours.slice(0, last), theirs.slice(0, last)) === -1
  return last >= 0 && isSame && asSent(ours[last]) === asSent(theirs[last])
}

/** A forwarded request (side.ts) without what it was taken for and the key that goes with that. */
const asSent = (asked = ''): string => asked.split('\n').toSpliced(6, 2).join('\n')

/** Wherever that stands: what frames a request may be what is in doubt. */
const asksForTunnel = (text: string): boolean => /\n[^\n]*CONNECT /.test(text)

const isTooLarge = (answer = ''): boolean => /^HTTP\/1\.1 4(?:14|31) /.test(answer)

/** The slow lane alone refuses it as the last thing it says; with the fast lane before it, it had been answered already. */
function isBrokenBody(text: string, at: number, ours: string[], theirs: string[]): boolean {
  if (!/\n(?:transfer-encoding|content-length)/i.test(text)) return false
  const isRefused = theirs.length === at + 1 && theirs[at]!.startsWith('HTTP/1.1 400 ')
  return isRefused && !/^Cache-Status: breakwater; hit/m.test(ours[at] ?? '')
}

/** Index of the first that is not the same, -1 where all are. */
function firstOther(ours: readonly string[], theirs: readonly string[]): number {
  if (ours.length >= theirs.length) return ours.findIndex((each, i) => each !== theirs[i])
  return theirs.findIndex((each, i) => each !== ours[i])
}

/** The answers one by one, their fields sorted. Bodies of ours never begin like a status line, so HEAD needs no memory. */
function answersIn(received: Buffer): string[] {
  const answers: string[] = []
  for (let at = 0; at < received.length;) {
    const headEnd = received.indexOf('\r\n\r\n', at, 'latin1')
    if (headEnd === -1) return [...answers, received.toString('latin1', at)]
    const [status = '', ...fields] = received.toString('latin1', at, headEnd).split('\r\n')
    const length = Number(/^content-length: (\d+)$/im.exec(fields.join('\n'))?.[1] ?? 0)
    const bodyAt = headEnd + 4
    const isHeadOnly = received.toString('latin1', bodyAt, bodyAt + 9) === 'HTTP/1.1 '
    const end = isHeadOnly ? bodyAt : Math.min(received.length, bodyAt + length)
    answers.push([status, ...fields.sort(), '', received.toString('latin1', bodyAt, end)].join('\n'))
    at = end
  }
  return answers
}
