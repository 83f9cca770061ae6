// Waiting for a state, and saying what did not come.

/** Milliseconds that anything here is waited for. */
const PATIENCE = 60_000

export async function until(what: string | (() => string), isSo: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = performance.now() + PATIENCE; !(await isSo()); await new Promise(done => setTimeout(done, 50)))
    if (performance.now() > end) throw new Error(`waited in vain until ${typeof what === 'string' ? what : what()}`)
}
