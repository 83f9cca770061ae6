// What presets make of visitors of sites made with common software.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PRESET_NAMES } from '../../src/config/presets.ts'
import { readConfig } from '../../src/config/read.ts'
import { surroundingsIn } from '../../src/config/surroundings.ts'
import { compileRules } from '../../src/site/rules.ts'

function rulesOf(presets: readonly string[], rules: unknown[] = []) {
  const read = readConfig(
    { sites: [{ origins: 'http://a', presets, rules }] },
    surroundingsIn('/', () => {}),
  )
  assert.ok(read.config !== undefined, JSON.stringify(read.problems))
  return compileRules(read.config.sites[0]!)
}

const settings = (presets: readonly string[], target = '/', rules?: unknown[]) =>
  rulesOf(presets, rules).settingsFor({ method: 'GET', host: 'www.example.org', target, fields: [] })

/** A cookie of somebody who is logged in, a page of their own, and one of everyone. */
const stories: Record<(typeof PRESET_NAMES)[number], [session: string, own: string, everyone: string]> = {
  wordpress: ['wordpress_logged_in_0a1b', '/blog/wp-admin/edit.php', '/2026/11/hello/'],
  woocommerce: ['woocommerce_items_in_cart', '/shop/?add-to-cart=12', '/product/cap/'],
  drupal: ['SSESS49960de5880e8c687434170f6476605b', '/node/12/edit', '/node/12'],
  mediawiki: ['my_wikiUserID', '/wiki/Special:UserLogin', '/wiki/Main_Page'],
  magento: ['persistent_shopping_cart', '/checkout/cart/', '/cap.html'],
  rails: ['_shop_session', '/users/sign_in', '/users'],
  django: ['sessionid', '/en/admin/login/', '/en/'],
  laravel: ['laravel_session', '/login', '/posts'],
  ghost: ['ghost-members-ssr.sig', '/ghost/', '/welcome/'],
}

for (const name of PRESET_NAMES) {
  test(`${name}: a session is known by its cookie, pages of one's own by their path`, () => {
    const [session, own, everyone] = stories[name]
    const page = settings([name], everyone)
    assert.deepEqual([page.bypass, settings([name], own).bypass], [false, true])
    assert.deepEqual([page.isSession?.(session), page.isSession?.('_ga')], [true, false])
    assert.deepEqual([page.ignoresCookie?.(session), page.ignoresCookie?.('_ga_X1')], [false, true])
    assert.equal(page.why['sessionCookies'], `${name}: cookies`)
    assert.equal(page.lifetime, undefined)
  })
}

test('several presets add up, and rules of the site override them', () => {
  const both = settings(['wordpress', 'woocommerce'])
  for (const cookie of ['wordpress_sec_1', 'wp_woocommerce_session_1']) assert.equal(both.isSession?.(cookie), true)
  const rules = [{ match: { path: '/cart' }, cache: { bypass: false } }, { cache: { sessionCookies: ['sid'] } }]
  const own = settings(['woocommerce'], '/cart', rules)
  assert.deepEqual([own.bypass, own.isSession?.('sid'), own.isSession?.('woocommerce_cart_hash')], [false, true, false])
})

test('Magento keys its pages by the cookie that it tells groups of customers apart by', () => {
  const { keyed, ignoresCookie, dropsCookie } = settings(['magento'])
  assert.deepEqual(keyed?.names, ['cookie;X-Magento-Vary'])
  assert.deepEqual([ignoresCookie?.('X-Magento-Vary'), dropsCookie?.('X-Magento-Vary')], [true, false])
})

test('without presets there are no such rules, and an unknown one is refused', () => {
  assert.equal(settings([]).isSession, null)
  const given = { sites: [{ origins: 'http://a', presets: ['joomla'] }] }
  const { problems } = readConfig(
    given,
    surroundingsIn('/', () => {}),
  )
  assert.deepEqual(
    problems.map(({ code, path }) => [code, path.join('.')]),
    [['bad-value', 'sites.0.presets.0']],
  )
})
