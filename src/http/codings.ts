// The content codings (RFC 9110 section 8.4.1, RFC 8878) that stored responses are compressed by.

/** In the order in which they are offered where a client likes several equally: the smallest first. */
export const CODINGS = ['br', 'zstd', 'gzip'] as const
export type Coding = (typeof CODINGS)[number]

/**
 * Does an Accept-Encoding name nothing but what programs are known to name (IANA's registry, and `*`)? Then it says nothing of who sends it.
 * As http/vary.ts writes it: without spaces.
 */
export const isCommonAccept = (value: string): boolean => value.split(',').every(member => COMMON.test(member))
const COMMON = /^(aes128gcm|br|compress|dcb|dcz|deflate|gzip|identity|zstd|[*])(;q=[01](\.\d{0,3})?)?$/
