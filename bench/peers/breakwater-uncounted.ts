// Breakwater with nothing counted of a hit: what its metrics cost is what it is slower than this. The modules that count are taken for
// empty ones as they are loaded (uncounted.mjs), so that there is no switch for it in the program.

import { fileURLToPath } from 'node:url'
import { breakwater, startBreakwater } from './breakwater.ts'
import type { Peer } from './peer.ts'

const HOOK = fileURLToPath(new URL('../uncounted.mjs', import.meta.url))

export const breakwaterUncounted: Peer = {
  ...breakwater,
  name: 'breakwater-uncounted',
  start: setup => startBreakwater(setup, ['--import', HOOK]),
}
