// Cookies that tell by their names what they are for: read by scripts of statistics and advertisements alone, or the session
// of a framework. Names are what their makers document; a star stands for what follows.

import type { PRESET_NAMES } from '../config/presets.ts'

/** Servers do not read them, so they make no difference to a page. */
const HARMLESS = [
  ...['_ga*', '_gid', '_gat*', '_gcl_*', '_dc_gtm_*', '__utm*', '_fbp', '_fbc', '_pk_*', '_hj*', '_clck', '_clsk'],
  ...[
    '_uet*',
    '_ttp',
    '_pin_unauth',
    '_tt_*',
    'OptanonConsent',
    'OptanonAlertBoxClosed',
    'CookieConsent',
    'cookieyes-*',
  ],
  ...[
    'cookie_notice_accepted',
    'euconsent-v2',
    '__gads',
    '__gpi',
    'amplitude_*',
    'mp_*',
    'ajs_*',
    'intercom-*',
    '__cf_bm',
  ],
]

/** A preset of the config knows the rest of the platform's cookies, and its paths. */
type Preset = (typeof PRESET_NAMES)[number]

interface Session {
  pattern: string
  platform: string
  preset?: Preset
}

/** Whoever has one may see pages of their own. */
const SESSIONS: readonly Session[] = [
  { pattern: 'wordpress_logged_in_*', platform: 'WordPress', preset: 'wordpress' },
  { pattern: 'wp-settings-*', platform: 'WordPress', preset: 'wordpress' },
  { pattern: 'wordpress_test_cookie', platform: 'WordPress', preset: 'wordpress' },
  { pattern: 'woocommerce_*', platform: 'WooCommerce', preset: 'woocommerce' },
  { pattern: 'wp_woocommerce_session_*', platform: 'WooCommerce', preset: 'woocommerce' },
  { pattern: 'laravel_session', platform: 'Laravel', preset: 'laravel' },
  { pattern: 'XSRF-TOKEN', platform: 'Laravel', preset: 'laravel' },
  { pattern: 'sessionid', platform: 'Django', preset: 'django' },
  { pattern: 'csrftoken', platform: 'Django', preset: 'django' },
  { pattern: 'SESS*', platform: 'Drupal', preset: 'drupal' },
  { pattern: 'SSESS*', platform: 'Drupal', preset: 'drupal' },
  { pattern: 'X-Magento-Vary', platform: 'Magento', preset: 'magento' },
  { pattern: 'ghost-members-ssr', platform: 'Ghost', preset: 'ghost' },
  { pattern: '_session_id', platform: 'Rails', preset: 'rails' },
  { pattern: 'PHPSESSID', platform: 'PHP' },
  { pattern: 'JSESSIONID', platform: 'Java' },
  { pattern: 'ASP.NET_SessionId', platform: 'ASP.NET' },
  { pattern: '.AspNetCore.*', platform: 'ASP.NET' },
  { pattern: 'connect.sid', platform: 'Express' },
  { pattern: '*_session', platform: 'a framework', preset: 'rails' },
]

const matches = (pattern: string, name: string): boolean => {
  const [before = '', after] = pattern.split('*')
  return after === undefined
    ? name === pattern
    : name.startsWith(before) && name.endsWith(after) && name.length >= before.length + after.length
}

/** The pattern that knows the cookie as harmless. */
export const harmless = (name: string): string | undefined => HARMLESS.find(pattern => matches(pattern, name))

/** Whose session the cookie is, as far as its name tells. */
export const session = (name: string): Session | undefined => SESSIONS.find(({ pattern }) => matches(pattern, name))

/** By <meta name="generator">. */
const GENERATORS: [pattern: RegExp, preset: Preset][] = [
  [/^WordPress/i, 'wordpress'],
  [/^WooCommerce/i, 'woocommerce'],
  [/^Drupal/i, 'drupal'],
  [/^MediaWiki/i, 'mediawiki'],
  [/^Ghost/i, 'ghost'],
]

export const madeWith = (generator: string): Preset | undefined =>
  GENERATORS.find(([pattern]) => pattern.test(generator))?.[1]
