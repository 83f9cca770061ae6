// Loaded before Breakwater: the fast lane's counters, histograms, Apdex and visitors become methods that do nothing.

import { registerHooks } from 'node:module'

const EMPTY = {
  'src/listener/fast/count.ts': [
    'FastCount',
    [
      'bytesIn',
      'begun',
      'answered',
      'cut',
      'accepted',
      'closed',
      'overConnections',
      'denied',
      'tooMany',
      'timedOut',
      'refused',
      'unannounced',
    ],
  ],
  'src/listener/visit.ts': ['Visit', ['seen']],
}

registerHooks({
  load(url, context, next) {
    const found = Object.keys(EMPTY).find(path => url.endsWith(`/${path}`))
    if (found === undefined) return next(url, context)
    const [name, methods] = EMPTY[found]
    const source = `export class ${name} { ${methods.map(each => `${each}() {}`).join(' ')} }`
    return { format: 'module', source, shortCircuit: true }
  },
})
