// The machine below the process: how much of what it has is taken, as names and values.
import { bytes, level, percent } from './format.js'

/** What is not known (on another system than Linux) is left out. */
export function machineFacts({ host, line, delays, edges }) {
  const { cpu, memory, disk, files, sockets, acceptQueue, acceptBound, listenDrops } = host
  const worst = Math.max(0, ...Object.values(delays), ...edges.map(edge => edge.loopDelayMs))
  return [
    ['CPU', cpu === null ? null : percent(cpu)],
    ['Memory free', memory === null ? null : `${bytes(memory.available)} of ${bytes(memory.total)}`],
    ['Disk free', disk === null ? null : `${bytes(disk.free)} of ${bytes(disk.size)}`],
    ['Line', line === null ? null : percent(line.share)],
    ['Accept queue', acceptQueue === null ? null : `${level(acceptQueue)} of ${level(acceptBound)}`],
    ['Dropped before that', listenDrops === null ? null : level(listenDrops)],
    ['Sockets', sockets === null ? null : `${level(sockets.used)}, TCP ${level(sockets.tcp)}`],
    ['Open files', files === null ? null : `${level(files.open)} of ${level(files.most)}`],
    ['Event loops, worst', `${level(worst)} ms`],
  ].filter(([, value]) => value !== null)
}
