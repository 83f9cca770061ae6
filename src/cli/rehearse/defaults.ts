// What holds where a flag says nothing.

/** Arrivals a second, and for how many seconds. */
export const DEFAULT_RATE = 10
export const DEFAULT_SECONDS = 30
/** Of a day, in seconds: five minutes. */
export const DEFAULT_PART = 300
/** The response field that tells the version of the site. */
export const DEFAULT_VERSION_FIELD = 'x-version'
export const DEFAULT_DATA = './.breakwater'
