// Writes a config as YAML, for people to begin with.
import { stringify } from 'yaml'
import type { ConfigInput } from './types.ts'

export const toYaml = (config: ConfigInput): string => stringify(config, { lineWidth: 120 })
