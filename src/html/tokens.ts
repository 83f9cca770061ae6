// Which fields of forms hold a token: a value that the site makes for one visitor and wants back with the form, so that no
// other site can send the form in the visitor's name.

/**
 * Names that frameworks give them: Django, Rails, Laravel, Symfony, Express, ASP.NET, Magento, Drupal, WordPress, MediaWiki,
 * Spring, Flask, TYPO3.
 */
const NAMES = new Set([
  ...['csrfmiddlewaretoken', 'authenticity_token', '_token', '_csrf', '_csrf_token', 'csrf_token', 'csrftoken'],
  ...['csrf', 'xsrf', '_xsrf', 'xsrf_token', '__requestverificationtoken', 'form_key', 'form_build_id', 'form_token'],
  ...['_wpnonce', '_ajax_nonce', 'nonce', 'wpedittoken', '__trustedproperties', 'anti-csrf-token', 'csrf-token'],
])

/** Whether a field of this name holds a token by what frameworks do. */
export const isTokenName = (name: string): boolean =>
  NAMES.has(name.toLowerCase()) || /(csrf|xsrf)[_-]?token|_nonce$|\[_?(csrf_)?token\]$/i.test(name)

/** <meta name="…"> of the page's token, which scripts send as X-CSRF-Token. */
export const isTokenMeta = (name: string): boolean => /^_?(csrf|xsrf)(-?token)?$/i.test(name)
