// What a figure was measured on: without it a figure says little.

import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import type { Program } from './programs.ts'
import { versionOf } from './programs.ts'

/** One line: processor, cores, memory, kernel, and the versions of everything that took part. */
export function machine(programs: readonly Program[]): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const versions = programs.map(program => `${program.command} ${versionOf(program)}`)
  return [
    `${cpus().length} cores of ${model}${isVirtual() ? ' (virtual machine)' : ''}`,
    memory,
    `Linux ${release().replace(/^(\d+\.\d+\.\d+).*/, '$1')}`,
    `Node ${process.versions.node}`,
    ...versions,
  ].join(', ')
}

function isVirtual(): boolean {
  return / hypervisor /.test(readFileSync('/proc/cpuinfo', 'utf8'))
}
