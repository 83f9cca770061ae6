// What a typed config file imports: `export default defineConfig({ … })` in breakwater.config.ts.

import type { ConfigInput } from './types.ts'

export type { ConfigInput } from './types.ts'

/** Returns its argument; the editor and the compiler check it against the option table. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config
}
