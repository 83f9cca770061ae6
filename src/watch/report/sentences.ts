// The story of a span in sentences, the same on the page and in the terminal. Pure.

import { bytes, count, duration, milliseconds, percent, score } from '../../charts/numbers.ts'
import { timeOfDay } from '../../charts/ticks.ts'
import type { Story } from './story.ts'

export function sentences(story: Story, zone: string): string[] {
  if (story.known === 0) return ['Nothing is known of this time: no Breakwater kept its history here then.']
  return [visitors(story, zone), outcome(story), origin(story, zone), forms(story), upset(story)].filter(
    sentence => sentence !== '',
  )
}

function visitors({ requests, requestsPeak, visitorsPeak }: Story, zone: string): string {
  const peak = requestsPeak === null || requests === 0 ? '' : `, ${count(requestsPeak.value)} in the busiest second, at ${timeOfDay(requestsPeak.at, zone)}` // prettier-ignore
  const people = visitorsPeak === null ? '' : ` At most ${count(visitorsPeak.value)} visitors were active within five minutes.` // prettier-ignore
  return `${count(requests)} requests came${peak}.${people}`
}

function outcome({ requests, offload, bytesSaved, lost, lostShare, turnedAway, apdex, p95Worst }: Story): string {
  if (requests === 0) return ''
  const refused = turnedAway < 0.5 ? '' : `, ${count(turnedAway)} requests were turned away`
  const gone = lost < 0.5 ? 'None was lost' : `${count(lost)} were lost (${percent(lostShare)})`
  const felt = apdex === null ? '' : ` The Apdex was ${score(apdex)}, the p95 ${milliseconds(p95Worst?.value ?? null)} at worst.` // prettier-ignore
  return `Breakwater answered ${percent(offload)} of them without the origin and saved it ${bytes(bytesSaved)}. ${gone}${refused}.${felt}`
}

function origin({ originRequests, originPeak, inFlightPeak, limit, waitingPeak }: Story, zone: string): string {
  if (originPeak === null || originRequests === 0) return ''
  const load = inFlightPeak === null ? '' : `, at most ${count(inFlightPeak.value)} at once${limit === null ? '' : ` (the limit was ${count(limit)} at the end)`}` // prettier-ignore
  const wait = waitingPeak === null || waitingPeak.value === 0 ? 'Nobody waited for a place' : `${count(waitingPeak.value)} waited for a place at ${timeOfDay(waitingPeak.at, zone)}` // prettier-ignore
  return `${count(originRequests)} requests reached the origin, ${count(originPeak.value)} in its busiest second${load}. ${wait}.`
}

function forms({ collected, delivered, waitingForms }: Story): string {
  if (collected < 0.5 && delivered < 0.5) return ''
  const left = waitingForms === null || waitingForms === 0 ? 'none waits any more' : `${count(waitingForms)} wait still`
  return `${count(collected)} forms were collected, to be sent to the origin at its own pace; ${count(delivered)} were delivered in this time, ${left}.`
}

function upset({ restarts, alerts, to }: Story): string {
  const pages = alerts.filter(alert => alert.severity === 'page')
  const longest = pages.toSorted((a, b) => lasted(b, to) - lasted(a, to))[0]
  const told = longest === undefined ? '' : `Somebody was called ${pages.length === 1 ? 'once' : `${pages.length} times`}; longest for ${longest.name}, ${duration(lasted(longest, to))}.` // prettier-ignore
  const died = restarts === 0 ? '' : `${restarts === 1 ? 'A thread' : `${restarts} threads`} died and came back.`
  return [told, died].filter(each => each !== '').join(' ')
}

const lasted = ({ since, until }: Story['alerts'][number], to: number): number => (until ?? to * 1000) / 1000 - since / 1000 // prettier-ignore
