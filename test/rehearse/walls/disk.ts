// A site that writes each visit to the disk before it answers, one after the other. Where this machine's disk is faster than
// its CPU, the kernel is asked to let the process have so many writes a second, as a rented volume does.
import { closeSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { RequestListener, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DISK_WRITES } from './models.ts'

const BYTES = 4096

export function diskBound(page: (response: ServerResponse) => void): RequestListener {
  const folder = mkdtempSync(join(tmpdir(), 'wall-disk-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  boundWrites(folder)
  const file = open(join(folder, 'visits'), 'w')
  const visit = Buffer.alloc(BYTES, 1)
  let last = Promise.resolve()
  const write = async (): Promise<void> => {
    const to = await file
    await to.write(visit, 0, BYTES, 0)
    await to.datasync()
  }
  return (_request, response) => {
    last = last.then(write)
    void last.then(() => page(response))
  }
}

/** A control group with a bound on writes of the folder's device; without one, where the kernel or the user may not. */
function boundWrites(folder: string): void {
  const group = `/sys/fs/cgroup/blkio/breakwater-wall-${process.pid}`
  const { dev } = statSync(folder)
  const device = `${Math.floor(dev / 256) & 0xfff}:${dev % 256}`
  try {
    mkdirSync(group)
    writeFileSync(join(group, 'blkio.throttle.write_iops_device'), `${device} ${DISK_WRITES}`)
    writeFileSync(join(group, 'cgroup.procs'), String(process.pid))
    process.once('exit', () => leave(group))
  } catch {
    closeSync(openSync(join(folder, 'unbound'), 'w')) // says so to whoever looks
  }
}

function leave(group: string): void {
  try {
    writeFileSync('/sys/fs/cgroup/blkio/cgroup.procs', String(process.pid))
    rmdirSync(group)
  } catch {
    // An empty group costs nothing.
  }
}
