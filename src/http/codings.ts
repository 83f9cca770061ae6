// The content codings (RFC 9110 section 8.4.1, RFC 8878) that stored responses are compressed by.

/** In the order in which they are offered where a client likes several equally: the smallest first. */
export const CODINGS = ['br', 'zstd', 'gzip'] as const
export type Coding = (typeof CODINGS)[number]
