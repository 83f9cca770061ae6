// What the numbers mean, as one sentence and one level each: are visitors well, is the origin well, what is the shield
// doing? Pure, so that tests can ask without a browser.
import { count, level, milliseconds, percent } from './format.js'

/** Half of people notice a wait of a second: the limit of an unbroken flow of thought (Miller 1968, Card et al. 1991). */
const SLOW_MS = 1000
/** Above one in a hundred it is no accident any more. */
const MUCH_LOST = 0.01
/** Of the origin's limit: from here on the next burst has to wait. */
const NEARLY_FULL = 0.9

const verdict = (level, text) => ({ level, text })

/** `recent` is the sum of the last ten seconds' rates by column; `second` the last one. */
export function visitorsVerdict(second, recent) {
  if (recent.requests === 0) return verdict('quiet', 'Nobody is asking for anything.')
  // Who leaves by themselves may have other reasons: they are lost, but nothing is wrong yet.
  const lost = Math.max(0, recent.lost - (recent.gone ?? 0)) / recent.requests
  if (lost > MUCH_LOST) return verdict('bad', `${percent(lost)} of requests get no page.`)
  if (lost > 0) return verdict('warn', 'A few requests get no page.')
  if (second.p95 > SLOW_MS)
    return verdict('warn', `All get their page, but 1 in 20 waits over ${milliseconds(second.p95)}.`)
  return verdict(
    'good',
    second.p95 === null ? 'All get their page.' : `All get their page, 19 of 20 within ${milliseconds(second.p95)}.`,
  )
}

export function originVerdict(second, stats) {
  const up = stats.origins.filter(row => row.state === 'up')
  const down = stats.origins.filter(row => row.state === 'down')
  if (up.length === 0)
    return verdict('bad', stats.origins.length > 0 ? 'No origin takes requests.' : 'No origin is known.')
  if (up.every(row => row.ailing)) return verdict('bad', 'It is ailing: stored pages stand in for it.')
  if (down.length > 0) return verdict('warn', `${down.length} of ${stats.origins.length} origins down.`)
  if (up.some(row => row.ailing)) return verdict('warn', 'One of the origins is ailing.')
  if (second.waiting > 0)
    return verdict(
      'warn',
      `Full: ${level(second.waiting)} ${second.waiting === 1 ? 'request waits' : 'requests wait'} for a place.`,
    )
  if (second.inFlight >= second.limit * NEARLY_FULL) return verdict('warn', 'Nearly full, nobody waits yet.')
  if (second.inFlight === 0 && second.originRequests === 0) return verdict('good', 'Up, and not needed just now.')
  return verdict('good', `Bears it easily: ${level(second.inFlight)} of ${level(second.limit)} places taken.`)
}

export function shieldVerdict(second, recent, stats) {
  if (stats.notReady.length > 0) return verdict('bad', stats.notReady.join(' '))
  if (stats.threads.some(row => row.state !== 'serving')) return verdict('warn', 'A thread is being replaced.')
  if (stats.config.refused !== null)
    return verdict('warn', 'The last new config was refused; the one before serves on.')
  if (stats.cluster?.state === 'alone')
    return verdict('warn', 'Alone: it does not reach its cluster, and goes on with its last share of the origins.')
  if (stats.copy?.state === 'off') return verdict('warn', 'The copy on disk is off: a restart would begin cold.')
  if (recent.requests === 0) return verdict('good', 'Ready.')
  const turnedAway = recent.shed + recent.limited
  if (turnedAway > 0)
    return verdict('warn', `Turns away ${count(turnedAway / recent.seconds)} a second, keeps the origin standing.`)
  return verdict('good', `Answers ${percent(offloadOf(recent))} without asking the origin.`)
}

/** The share of requests that stored responses answered; null without any. */
export const offloadOf = ({ requests, hit, stale, collapsed }) =>
  requests > 0 ? (hit + stale + collapsed) / requests : null

/** The share of what was sent that stored responses gave; null where nothing was sent. */
export const savedOf = ({ bytesOut, bytesSaved }) => (bytesOut > 0 ? Math.min(1, bytesSaved / bytesOut) : null)
