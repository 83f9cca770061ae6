// A config written as a module: breakwater.config.ts and its kin. Node keeps a module for the life of the process, so each
// load asks for it, and for what it imports from beside it, under a new name.

import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** The name that a config imports `defineConfig` from; it is answered from here, wherever the config lies. */
const PACKAGE = 'breakwater'
const DEFINE = new URL(import.meta.url.endsWith('.ts') ? './define.ts' : './define.js', import.meta.url).href
const MARK = 'breakwater-config'

let loads = 0

export interface LoadedModule {
  readonly value: unknown
  /** The module and what it imports from beside it, so that a change to either is seen. */
  readonly files: readonly string[]
}

/** Imports the module anew and returns its default export, called when it is a function. Throws what the module throws. */
export async function importConfig(file: string): Promise<LoadedModule> {
  const mark = `${MARK}=${++loads}`
  const files = new Set([file])
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier === PACKAGE) return { url: DEFINE, format: null, shortCircuit: true }
      const resolved = next(specifier, context)
      if (context.parentURL?.endsWith(mark) !== true || !isBeside(resolved.url)) return resolved
      files.add(fileURLToPath(resolved.url))
      return { ...resolved, url: `${resolved.url}?${mark}` }
    },
  })
  try {
    const module = (await import(`${pathToFileURL(file).href}?${mark}`)) as { default?: unknown }
    const exported = module.default
    const value: unknown = typeof exported === 'function' ? await (exported as () => unknown)() : exported
    return { value, files: [...files] }
  } finally {
    hooks.deregister()
  }
}

/** A file of the user's own, as against a package or a part of Node. */
const isBeside = (url: string): boolean =>
  url.startsWith('file:') && !url.includes('/node_modules/') && !url.includes('?')
