// A config for core's tests, from what one would write.

import { readConfig } from '../../src/config/read.ts'
import type { Config, ConfigInput } from '../../src/config/types.ts'

const machine = { env: {}, memory: 2 ** 30, cpus: 2, resolvePath: (path: string) => path, readFile: () => '' }

export function configOf(given: ConfigInput): Config {
  const { config, problems } = readConfig(given, machine)
  if (config === undefined) throw new Error(problems.map(({ message }) => message).join('; '))
  return config
}
