// Whether what a rehearsal found still holds today. Pure.
import { type Fingerprint, PARTS } from './fingerprint.ts'

const NAMES: Record<(typeof PARTS)[number], string> = {
  config: 'the config file',
  version: 'the version of the site',
  flags: 'what --flags-from prints',
  software: 'the software of the site',
  hosts: 'the addresses of the site',
  hardware: 'the machine',
  network: 'the way to the site',
}

/** What has changed, in sentences; empty while it holds. A part that either of them lacks tells nothing. */
export function changesSince(then: Fingerprint, now: Fingerprint): string[] {
  return PARTS.filter(part => then[part] !== undefined && now[part] !== undefined && then[part] !== now[part]).map(
    part => `${NAMES[part]} has changed, from ${then[part]} to ${now[part]}`,
  )
}
