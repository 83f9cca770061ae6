// The signals that tell by themselves that something was full, each with what to say of it: a row each.
import type { Reading } from '../gauges/gauges.ts'
import { percent, round } from './suspect.ts'

/** A signal of the site: how full it was in a second, and what to say of it. */
export interface Signal {
  name: string
  value: (reading: Reading) => number
  /** `at` and `before`: the signal at its fullest and when little was asked; `rate`: where it was full first. */
  evidence: (at: number, before: number, rate: number) => string
}

/** Overflows are counted for the whole machine; they are the site's own when so many wait at its door. */
const WAITING = 16

/** A disk that a site waits for one write at a time is all the site waits for, long before it is busy by its own count. */
const diskOf = (each: Reading): number => Math.max(each.disk, each.stalled)

export const SIGNALS: readonly Signal[] = [
  { name: 'accept queue', value: each => (each.overflows > 0 && each.acceptQueue >= WAITING ? 1 : 0), evidence: (_at, _before, rate) => `the queue of connections that wait to be accepted overflowed at ${round(rate)} a second` },
  { name: 'open files', value: each => each.openFiles, evidence: at => `the process had ${percent(at)} of the files open that it may have` },
  { name: 'conntrack', value: each => each.conntrack, evidence: at => `the kernel's table of connections was full to ${percent(at)}` },
  { name: 'disk', value: diskOf, evidence: (at, before) => `the site waited for a disk, or the disk was at work, ${percent(at)} of the time, ${percent(before)} when little was asked` },
  { name: 'memory', value: each => Math.max(each.memoryShare, each.memoryLeft < 0.05 ? 1 : 1 - each.memoryLeft), evidence: at => `${percent(at)} of the memory was taken that the site may have` },
  { name: 'cpu', value: each => each.threadWanted, evidence: (at, before) => `the busiest thread of the site had work for ${percent(at)} of the time, ${percent(before)} when little was asked` },
] // prettier-ignore
