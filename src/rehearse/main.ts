// The worker thread of a rehearsal: plays its part of the crowd, counts into shared memory, ends. Its work is in crowd.ts.
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { Crowd } from './crowd.ts'
import type { Job } from './job.ts'
import { Tally } from './tally.ts'

const { job, tally } = workerData as { job: Job; tally: SharedArrayBuffer }
const crowd = new Crowd(job, new Tally(tally), systemClock, fault => parentPort!.postMessage(fault))
// The only message is the wish to stop.
parentPort!.once('message', () => crowd.stop())
await crowd.run()
parentPort!.postMessage(crowd.routes.counts)
parentPort!.close()
