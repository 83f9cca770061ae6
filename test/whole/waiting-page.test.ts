// The waiting page in a real browser, before the whole program: a person waits, keeps the place over reload, gets in; the same
// without JavaScript; a form is sent when it is its visitor's turn; and everybody can read the page.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { Origin } from '../fixtures/origin.ts'
import type { Asked } from '../fixtures/origin.ts'
import type { Shield } from '../fixtures/shield.ts'
import { until } from '../fixtures/until.ts'
import { noBrowser, openBrowser } from '../watch/fixtures/browser.ts'
import { Guest, startRoom } from './fixtures/guest.ts'

const contrast = readFileSync(new URL('../watch/fixtures/contrast.mjs', import.meta.url), 'utf8')
const html = (body: string) => ({
  body: `<!doctype html><html lang="en"><title>Shop</title>${body}`,
  fields: { 'cache-control': 'no-store', 'content-type': 'text/html; charset=utf-8' },
})
const ticketOf = async (page: Page): Promise<string | undefined> =>
  (await page.context().cookies()).find(({ name }) => name === 'bw-ticket-main')?.value
const form = '<form method="post" action="/sign"><input name="name"><button>Sign</button></form>'
const uploadForm =
  '<form method="post" action="/upload" enctype="multipart/form-data"><input name="name"><input type="file" name="photo"><button>Send</button></form>'
const storedHtml = (body: string) => ({
  ...html(body),
  fields: { 'cache-control': 'max-age=600', 'content-type': 'text/html; charset=utf-8' },
})

/** Says what came. */
async function uploaded({ body, fields }: Asked) {
  const sent = await new Response(new Uint8Array(body), {
    headers: { 'Content-Type': fields['content-type']! },
  }).formData()
  const photo = sent.get('photo') as File
  const bytes = Buffer.from(await photo.arrayBuffer())
    .toString('hex')
    .replaceAll(/(..)(?=.)/g, '$1-')
  return html(`<h1>Uploaded: ${sent.get('name') as string} ${photo.name} ${photo.type} ${bytes}</h1>`)
}

describe('waiting page', { timeout: 240_000 }, () => {
  if (noBrowser !== null) {
    const reason = noBrowser
    it('needs a browser', t => t.skip(reason))
    return
  }
  let origin: Origin
  let shield: Shield
  let browser: Browser
  let inside: Guest

  before(async () => {
    origin = await Origin.start({
      '/': html('<h1>The shop</h1>'),
      '/form': storedHtml(form),
      '/upload': request => (request.method === 'POST' ? uploaded(request) : storedHtml(uploadForm)),
      '/sign': ({ body }) => html(`<h1>Signed: ${new URLSearchParams(String(body)).get('name')}</h1>`),
      '/favicon.ico': { status: 204 },
      '/bye': { ...html('bye'), fields: { 'cache-control': 'no-store', 'breakwater-session': 'end' } },
    })
    shield = await startRoom(origin, { sessions: 1 })
    browser = await openBrowser()
    inside = new Guest(shield.port)
    assert.equal((await inside.ask('/')).status, 200)
    for (const path of ['/form', '/upload'])
      await until('the form is stored', async () =>
        (await inside.ask(path, { fields: { host: new URL(shield.url).host } })).cache.includes('hit'),
      )
  })
  after(async () => {
    await browser.close()
    await shield[Symbol.asyncDispose]()
    await origin.stop()
  })

  /** A person's browser; what its console said of errors, but for the 503 of the page itself. */
  async function person(options: BrowserContextOptions = {}): Promise<{ page: Page; wrong: string[] }> {
    const page = await (await browser.newContext({ locale: 'en-GB', ...options })).newPage()
    const wrong: string[] = []
    page.on('console', said => {
      if (said.type() === 'error' && !said.text().includes('503')) wrong.push(said.text())
    })
    page.on('pageerror', error => wrong.push(error.message))
    return { page, wrong }
  }
  /** Whoever is in leaves; the browser given is the one that is in afterwards. */
  const makeRoom = (): Promise<unknown> => inside.ask('/bye')
  const takeOver = async (page: Page): Promise<void> => {
    inside = new Guest(shield.port, new Map((await page.context().cookies()).map(({ name, value }) => [name, value])))
    await page.context().close()
  }

  it('waits, keeps the place over a reload and in another tab, and opens by itself when it is its turn', async () => {
    const { page, wrong } = await person()
    const came = await page.goto(shield.url)
    assert.equal(came?.status(), 503)
    await page.getByRole('heading', { name: 'You are in line' }).waitFor()
    const ticket = await ticketOf(page)
    assert.ok(ticket)
    await page.reload()
    assert.equal(await ticketOf(page), ticket)
    const tab = await page.context().newPage()
    await tab.goto(shield.url)
    assert.equal(await ticketOf(tab), ticket)
    await tab.close()
    await page.locator('[data-bw=place]', { hasText: /^1$/ }).waitFor()
    await makeRoom()
    await page.getByRole('heading', { name: 'The shop' }).waitFor()
    assert.deepEqual(wrong, [])
    await takeOver(page)
  })

  it('does the same without JavaScript', async () => {
    const { page } = await person({ javaScriptEnabled: false })
    await page.goto(shield.url)
    await page.getByText('Your place', { exact: true }).waitFor()
    const ticket = await ticketOf(page)
    await page.reload()
    assert.equal(await ticketOf(page), ticket)
    await makeRoom()
    await page.getByRole('heading', { name: 'The shop' }).waitFor({ timeout: 40_000 })
    await takeOver(page)
  })

  for (const javaScriptEnabled of [true, false])
    it(`keeps a form and sends it in its turn, ${javaScriptEnabled ? 'by itself' : 'by a button without JavaScript'}`, async () => {
      const { page } = await person({ javaScriptEnabled })
      const before = origin.of('/sign').length
      await page.goto(`${shield.url}/form`)
      await page.locator('[name=name]').fill('Zoë & "Ada"')
      await page.getByRole('button', { name: 'Sign' }).click()
      await page.getByText('What you sent has been kept').waitFor()
      assert.equal(origin.of('/sign').length, before)
      await makeRoom()
      if (!javaScriptEnabled) {
        await until('it can be sent', async () => {
          if (await page.getByRole('button', { name: 'Send it now' }).isVisible())
            await page.getByRole('button', { name: 'Send it now' }).click()
          return (await page.getByRole('heading', { name: 'Signed' }).count()) > 0
        })
      }
      await page.getByRole('heading', { name: 'Signed: Zoë & "Ada"' }).waitFor({ timeout: 40_000 })
      assert.equal(origin.of('/sign').length, before + 1)
      await takeOver(page)
    })

  it('keeps a form with a file and sends both in its turn', async () => {
    const { page, wrong } = await person()
    await page.goto(`${shield.url}/upload`)
    await page
      .locator('[name=photo]')
      .setInputFiles({ name: 'é.png', mimeType: 'image/png', buffer: Buffer.from([1, 2, 255]) })
    await page.locator('[name=name]').fill('Zoë')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('What you sent has been kept').waitFor()
    await makeRoom()
    await page.getByRole('heading', { name: 'Uploaded: Zoë é.png image/png 01-02-ff' }).waitFor({ timeout: 40_000 })
    assert.deepEqual(wrong, [])
    await takeOver(page)
  })

  it('tells a screen reader, in the language of the visitor, without being asked and without haste', async () => {
    const { page } = await person({ locale: 'de-DE' })
    await page.goto(shield.url)
    assert.equal(await page.locator('html').getAttribute('lang'), 'de')
    await page.getByRole('region', { name: 'Sie stehen in der Warteschlange' }).waitFor()
    const live = page.locator('[data-bw=live]')
    assert.deepEqual([await live.getAttribute('role'), await live.getAttribute('aria-live')], ['status', 'polite'])
    await page.locator('[data-bw=live]', { hasText: 'Ihr Platz' }).waitFor({ state: 'attached' })
    assert.equal(await page.locator('h1').count(), 1)
    assert.equal(await page.locator('main').count(), 1)
    await page.context().close()
  })

  for (const colorScheme of ['light', 'dark'] as const)
    it(`can be read by people with weak eyes and on a phone, in ${colorScheme} colours`, async () => {
      const { page } = await person({ colorScheme, viewport: { width: 360, height: 740 }, isMobile: true })
      await page.goto(shield.url)
      await page.getByText('Your place', { exact: true }).waitFor()
      const { looked, faint } = await page.evaluate<{ looked: number; faint: string[] }>(
        `(() => { ${contrast}; return contrastSeen })()`,
      )
      assert.ok(looked >= 6, `${looked} pieces of text`)
      assert.deepEqual(faint, [])
      assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 360)
      await page.context().close()
    })
})
