// Colours, where somebody looks: in a terminal, and not where NO_COLOR asks for none (no-color.org). The library by itself
// also paints wherever CI is set, which would put escapes into logs and files.

import { createColors } from 'picocolors'

export type Colours = ReturnType<typeof createColors>

/** The colours for what is written to `stream`. */
export const coloursFor = (stream: { isTTY?: boolean }): Colours =>
  createColors(stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === '')

/** For text that goes on as plain text. */
export const noColours: Colours = createColors(false)
