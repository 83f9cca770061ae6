// What is known of sites made with common software: which cookies mean a page of one's own, which ones no server looks at,
// and which paths are never everyone's. Names as the software of today sets them by default; a site's own rules come after
// these and override them field by field.

import type { NameAndValue } from './kinds/http.ts'
import type { PerMode } from './modes.ts'

/** Software that is known. */
export const PRESET_NAMES = [
  ...(['wordpress', 'woocommerce', 'drupal', 'mediawiki', 'magento', 'rails', 'django', 'laravel', 'ghost'] as const),
] as const

type PresetName = (typeof PRESET_NAMES)[number]

interface Preset {
  /** Cookies of visitors who are logged in, have a cart, or have begun a session otherwise. */
  readonly session: string[]
  /** Cookies by whose value whole groups of visitors get the same other page. */
  readonly keyed?: string[]
  /** Cookies that scripts set for themselves. */
  readonly ignored?: string[]
  /** Paths, and names of query parameters, of pages that are never everyone's. */
  readonly ownPaths: string[]
  readonly ownQuery?: string[]
}

/**
 * Of scripts that measure or ask for consent, which the server of a page does not read: Google, Matomo, Meta, Microsoft, Hotjar,
 * HubSpot, Sourcebuster; OneTrust, Cookiebot, CookieYes.
 */
const MEASURING = [
  ...['_ga', '_ga_*', '_gid', '_gat*', '_gcl_*', '__utm*', '_pk_*', '_fbp', '_fbc', '_clck', '_clsk', '_uet*'],
  ...['_hj*', '__hstc', '__hssc', '__hssrc', 'hubspotutk', '_tt_*', '_ttp', '_pin_unauth', 'li_fat_id'],
  ...['sbjs_*', 'OptanonConsent', 'OptanonAlertBoxClosed', 'CookieConsent', 'cookieyes-*'],
]

const PRESETS: Readonly<Record<PresetName, Preset>> = {
  wordpress: {
    session: ['wordpress_logged_in_*', 'wordpress_sec_*', 'wp-postpass_*', 'comment_author_*'],
    ignored: ['wordpress_test_cookie'],
    ownPaths: ['/**/wp-admin/**', '/**/wp-login.php', '/**/wp-cron.php', '/**/wp-signup.php', '/**/wp-activate.php'],
    ownQuery: ['preview', 'preview_id', 'customize_changeset_uuid', 'doing_wp_cron'],
  },
  woocommerce: {
    session: ['woocommerce_items_in_cart', 'woocommerce_cart_hash', 'wp_woocommerce_session_*'],
    ownPaths: ['/**/cart/**', '/**/checkout/**', '/**/my-account/**', '/**/wc-api/**'],
    ownQuery: ['add-to-cart', 'remove_item', 'wc-ajax', 'wc-api'],
  },
  drupal: {
    session: ['SESS*', 'SSESS*', 'NO_CACHE'],
    ignored: ['has_js', 'Drupal.toolbar.*', 'Drupal.tableDrag.*'],
    ownPaths: ['/**/user/**', '/**/admin/**', '/**/node/add/**', '/**/node/*/edit', '/**/node/*/delete', '/**/batch'],
  },
  mediawiki: {
    session: ['*_session', '*Session', '*UserID', '*UserName', '*Token'],
    ignored: ['*mwuser-sessionId', 'GeoIP'],
    ownPaths: ['/**/Special:*', '/**/Special:*/**'],
    ownQuery: ['action', 'veaction', 'oldid', 'diff'],
  },
  magento: {
    session: ['admin', 'persistent_shopping_cart'],
    keyed: ['X-Magento-Vary'],
    ignored: [
      'mage-*',
      'section_data_ids',
      'product_data_storage',
      'recently_*',
      'private_content_version',
      'form_key',
    ],
    ownPaths: ['/**/customer/**', '/**/checkout/**', '/**/admin/**', '/**/graphql', '/**/multishipping/**'],
  },
  rails: {
    session: ['_*_session', '_session_id', 'remember_*_token', 'session_token'],
    ownPaths: ['/admin/**', '/users/sign_in', '/users/sign_out', '/users/edit', '/users/password/**', '/session/**'],
  },
  django: {
    session: ['sessionid', 'csrftoken', 'messages'],
    ownPaths: ['/**/admin/**', '/**/accounts/**'],
  },
  laravel: {
    session: ['*_session', 'XSRF-TOKEN', 'remember_web_*'],
    ownPaths: [
      '/login',
      '/logout',
      '/register',
      '/password/**',
      '/admin/**',
      '/nova/**',
      '/horizon/**',
      '/telescope/**',
    ],
  },
  ghost: {
    session: ['ghost-members-ssr*', 'ghost-admin-api-session', 'ghost-private'],
    ownPaths: ['/ghost/**', '/**/members/**', '/p/**'],
  },
}

/** The rules that the presets amount to, before the site's own. `blank` is a rule that says nothing. */
export function presetRules<R extends PresetRule>(names: readonly PresetName[], blank: R): R[] {
  if (names.length === 0) return []
  const all = names.map(name => PRESETS[name])
  const title = names.join(' and ')
  const keyed = all.flatMap(preset => preset.keyed ?? [])
  const cookies = {
    ignoredCookies: always([...MEASURING, ...all.flatMap(preset => preset.ignored ?? [])]),
    sessionCookies: always(all.flatMap(preset => preset.session)),
    ...(keyed.length === 0 ? {} : { keyedCookies: always(keyed) }),
  }
  const rule = (name: string, match: Partial<PresetRule['match']>, cache: Partial<PresetRule['cache']>): R => ({
    ...blank,
    name,
    match: { ...blank.match, ...match },
    cache: { ...blank.cache, ...cache },
  })
  const own = { bypass: always(true) }
  const parameters = [...new Set(all.flatMap(preset => preset.ownQuery ?? []))]
  return [
    rule(`${title}: cookies`, {}, cookies),
    rule(`${title}: own pages`, { path: all.flatMap(preset => preset.ownPaths) }, own),
    ...parameters.map(name => rule(`${title}: ?${name}`, { query: [[name, undefined]] }, own)),
  ]
}

/** What a rule of the table has of this. */
interface PresetRule {
  name: string
  match: { path: string[] | undefined; query: NameAndValue[] | undefined }
  cache: {
    bypass: PerMode<boolean> | undefined
    ignoredCookies: PerMode<string[]> | undefined
    sessionCookies: PerMode<string[]> | undefined
    keyedCookies: PerMode<string[]> | undefined
  }
}

const always = <T>(value: T): PerMode<T> => ({ normal: value, spike: value, frozen: value })
