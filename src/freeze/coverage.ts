// What a snapshot has of a site, and what of it will not work while the site is frozen: pages that could not be taken, forms that nobody
// takes, calls of scripts that only the origin answers.

/** A page or file that is linked to and not in the snapshot. */
export interface Missing {
  target: string
  /** The page that leads there. */
  from: string
  why: string
}

export interface FormSeen {
  method: 'GET' | 'POST'
  /** Absolute. */
  action: string
  /** The page that it is on, the first of them. */
  on: string
  /** A rule collects it, or for a GET: its target is in the snapshot. */
  works: boolean
}

export interface CallSeen {
  url: string
  on: string
}

export interface Coverage {
  url: string
  /** As it is called: 2026-11-21T16-50-00Z. */
  version: string
  pages: number
  files: number
  redirects: number
  /** Of all bodies. */
  bytes: number
  missing: Missing[]
  /** Known of, and left out by the bound of pages, and by robots.txt. */
  leftOut: number
  disallowed: number
  forms: FormSeen[]
  calls: CallSeen[]
  /** The walk was stopped before its end. */
  stopped: boolean
}
