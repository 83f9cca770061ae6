// Paths of options as text.

import type { Path } from './kind.ts'

/** `sites[0].origins[1].url`; names that are no plain words in brackets and quotes. Empty for the whole. */
export function pathText(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[a-zA-Z_$][\w$-]*$/.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${JSON.stringify(step)}]`
  }
  return text
}
