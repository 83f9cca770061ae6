// From a request to its answer, with no socket in sight. Pages that say the same to everybody may be stored for five
// seconds by anyone; what belongs to one visitor (the form with its token, and what follows it) by nobody.
import { type Forms, readSigner } from './forms.ts'
import { homePage, messagePage, petitionPage, searchPage, signPage, thanksPage } from './pages.ts'
import type { Listed, Petitions } from './petitions.ts'

export interface Asked {
  /** GET for HEAD too. */
  method: string
  url: URL
  cookie: string | undefined
  form: URLSearchParams
}

export interface Answer {
  status: number
  headers: Record<string, string>
  body: string | Buffer
}

const FOR_ALL = 'public, max-age=5'
const FOR_NOBODY = 'private, no-store'

/** The answer to anything but /static/. `now` is in milliseconds since the Unix epoch. */
export function route(asked: Asked, petitions: Petitions, forms: Forms, now: number): Answer {
  const path = asked.url.pathname
  if (path === '/') return read(asked, () => forAll(homePage(petitions.top(), petitions.newest())))
  if (path === '/search') return read(asked, () => search(asked.url, petitions))
  const [, id, step] = /^\/petitions\/([1-9]\d{0,8})(?:\/(sign|signatures|thanks))?$/.exec(path) ?? []
  const petition = id === undefined ? undefined : petitions.find(Number(id))
  if (petition === undefined) return message(404, 'Not found', 'There is no such page here.')
  if (step === 'signatures') return sign(asked, petition, petitions, forms, now)
  if (step === 'sign') return read(asked, () => form(200, asked, petition, forms))
  if (step === 'thanks') return read(asked, () => forAll(thanksPage(petition)))
  return read(asked, () => forAll(petitionPage(petition, petitions.recent(petition.id), petitions.similar(petition))))
}

function read(asked: Asked, answer: () => Answer): Answer {
  return asked.method === 'GET' ? answer() : notAllowed('GET, HEAD')
}

function search(url: URL, petitions: Petitions): Answer {
  const query = (url.searchParams.get('q') ?? '').slice(0, 80)
  return forAll(searchPage(query, petitions.search(query)))
}

function sign(asked: Asked, petition: Listed, petitions: Petitions, forms: Forms, now: number): Answer {
  if (asked.method !== 'POST') return notAllowed('POST')
  if (!forms.isGenuine(asked.cookie, asked.form.get('token') ?? '')) {
    return message(
      403,
      'Please try again',
      'This form was not opened in this browser, or long ago. Open it again and sign.',
    )
  }
  const { signer, faults } = readSigner(asked.form)
  if (Object.keys(faults).length > 0) return form(422, asked, petition, forms)
  petitions.sign(petition.id, signer, now)
  const headers = { Location: `/petitions/${petition.id}/thanks`, 'Cache-Control': FOR_NOBODY }
  return { status: 303, headers, body: '' }
}

function form(status: number, asked: Asked, petition: Listed, forms: Forms): Answer {
  const { id, setCookie } = forms.session(asked.cookie)
  const typed = status === 422 ? readSigner(asked.form) : undefined
  const answer = page(status, FOR_NOBODY, signPage(petition, forms.token(id), typed?.signer, typed?.faults))
  if (setCookie !== undefined) answer.headers['Set-Cookie'] = setCookie
  return answer
}

const forAll = (body: string): Answer => page(200, FOR_ALL, body)

/** A short page that says what went wrong. */
export function message(status: number, title: string, text: string): Answer {
  return page(status, 'no-store', messagePage(title, text))
}

function notAllowed(allow: string): Answer {
  const answer = message(405, 'Not allowed', `Only ${allow} can be asked here.`)
  answer.headers['Allow'] = allow
  return answer
}

function page(status: number, cacheControl: string, body: string): Answer {
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': cacheControl,
    'Content-Security-Policy': "default-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    'Referrer-Policy': 'same-origin',
  }
  return { status, headers, body }
}
