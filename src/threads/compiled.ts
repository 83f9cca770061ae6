// Each thread writes what V8 made of its source to the compile cache a while after its start. Node does so at a thread's end
// alone, which a process that is killed never comes to: its next start would compile everything anew.

import { flushCompileCache } from 'node:module'

/** Milliseconds: whatever every request needs has been compiled by then, and the start's own work is done. */
const AFTER = 2000

/** To be called once, in the thread. */
export function keepCompiledCode(): void {
  setTimeout(flushCompileCache, AFTER).unref()
}
