// The end of a turn of the event loop: where what was made ready in it is written, one thing right after the other. A write to a
// peer that sleeps wakes it, which costs more than the write; in a row, the first of them wakes it for all.

/** What is done at the end of the turn. */
export interface Due {
  due(): void
}

let waiting: Due[] = []
let spare: Due[] = []

/** As soon as all that has arrived was looked at. Under no load that is at once. */
export function atTurnsEnd(job: Due): void {
  if (waiting.push(job) === 1) setImmediate(run)
}

function run(): void {
  const jobs = waiting
  waiting = spare
  for (const job of jobs) job.due()
  jobs.length = 0
  spare = jobs
}
