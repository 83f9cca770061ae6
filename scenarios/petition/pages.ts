// The site's pages, each a function from what the database said to HTML.
import type { Faults } from './forms.ts'
import { html, page, type Html } from './html.ts'
import type { Listed, Petition, Signed, Signer } from './petitions.ts'

const number = new Intl.NumberFormat('en-GB')
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })

export function homePage(top: Listed[], newest: Listed[]): string {
  return page(
    'Most signed',
    html`<section class="hero">
        <h1>Your town listens when you sign together</h1>
        <p>Read what your neighbours ask of the assembly, and put your name to what you stand for.</p>
      </section>
      <h2>Most signed now</h2>
      ${cards(top)}
      <h2>Just opened</h2>
      ${cards(newest)}`,
  )
}

export function petitionPage(petition: Petition, recent: Signed[], similar: Listed[]): string {
  return page(
    petition.title,
    html`<article class="petition">
        <img class="picture" src="/static/${petition.topic}.svg" alt="" width="640" height="240" />
        <h1>${petition.title}</h1>
        <p class="dim">Opened on ${day.format(petition.opened)}</p>
        <div class="columns">
          <div class="text">${petition.body.split('\n\n').map(text => html`<p>${text}</p>`)}</div>
          <aside class="box" aria-label="Signatures">
            ${progress(petition)}
            <a class="button" href="/petitions/${petition.id}/sign">Sign this petition</a>
            <h2>Signed lately</h2>
            <ul class="recent">
              ${recent.map(one => html`<li><b>${one.name}</b> <span class="dim">${one.place}</span></li>`)}
            </ul>
          </aside>
        </div>
      </article>
      <h2>Petitions like this one</h2>
      ${cards(similar)}`,
  )
}

export function signPage(petition: Listed, token: string, signer?: Signer, faults: Faults = {}): string {
  const wrong = Object.keys(faults).length > 0
  return page(
    `Sign: ${petition.title}`,
    html`<section class="narrow">
      <h1>Sign: ${petition.title}</h1>
      ${progress(petition)}
      ${wrong ? html`<p class="fault" role="alert">Please mend the fields below; nothing has been sent yet.</p>` : undefined}
      <form class="sign" method="post" action="/petitions/${petition.id}/signatures">
        <input type="hidden" name="token" value="${token}" />
        ${input('name', 'Your name', 'text', 'name', signer?.name, faults.name)}
        ${input('email', 'Email', 'email', 'email', signer?.email, faults.email)}
        ${input('place', 'Part of town', 'text', 'address-level3', signer?.place, faults.place)}
        <button class="button">Sign</button>
      </form>
      <p class="dim">Your name and part of town are shown; your email is not.</p>
    </section>`,
  )
}

export function thanksPage(petition: Listed): string {
  return page(
    'Thank you',
    html`<section class="narrow">
      <h1>Thank you for signing</h1>
      <p>Your signature to <a href="/petitions/${petition.id}">${petition.title}</a> is counted.</p>
      ${progress(petition)}
      <a class="button" href="/">See what others ask for</a>
    </section>`,
  )
}

export function searchPage(query: string, found: Listed[]): string {
  const count = found.length === 0 ? 'No petition' : found.length === 1 ? 'One petition' : `${found.length} petitions`
  return page(
    `Search: ${query}`,
    html`<h1>${count} found for “${query}”</h1>
      ${found.length === 0 ? html`<p>Try fewer words, or <a href="/">see the most signed ones</a>.</p>` : cards(found)}`,
    query,
  )
}

export function messagePage(title: string, text: string): string {
  return page(
    title,
    html`<section class="narrow">
      <h1>${title}</h1>
      <p>${text}</p>
      <p><a href="/">To the petitions</a></p>
    </section>`,
  )
}

function cards(list: Listed[]): Html {
  return html`<ul class="cards">
    ${list.map(card)}
  </ul>`
}

function card(petition: Listed): Html {
  return html`<li class="card">
    <img src="/static/${petition.topic}.svg" alt="" width="640" height="240" loading="lazy" />
    <h3><a href="/petitions/${petition.id}">${petition.title}</a></h3>
    ${progress(petition)}
  </li>`
}

function progress({ id, signatures, goal }: Listed): Html {
  return html`<p class="count" id="count-${id}">
      <b>${number.format(signatures)}</b> of ${number.format(goal)} signatures
    </p>
    <progress value="${Math.min(signatures, goal)}" max="${goal}" aria-labelledby="count-${id}"></progress>`
}

function input(name: string, label: string, type: string, autocomplete: string, value?: string, fault?: string): Html {
  const described = fault === undefined ? undefined : html` aria-invalid="true" aria-describedby="${name}-fault"`
  return html`<p>
    <label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      autocomplete="${autocomplete}"
      value="${value ?? ''}"
      required
      maxlength="120"
      ${described}
    />
    ${fault === undefined ? undefined : html`<span class="fault" id="${name}-fault">${fault}</span>`}
  </p>`
}
