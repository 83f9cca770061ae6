// The frame around every page, and the tag that escapes what is put into it.

/** Text that is HTML already and is put in as it stands. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Piece = string | number | Html | undefined | Piece[]

/** Template tag: every value is escaped, save Html; lists are joined; undefined is nothing. */
export function html(strings: TemplateStringsArray, ...values: Piece[]): Html {
  let text = strings[0]!
  values.forEach((value, i) => (text += render(value) + strings[i + 1]!))
  return new Html(text)
}

function render(piece: Piece): string {
  if (piece === undefined) return ''
  if (Array.isArray(piece)) return piece.map(render).join('')
  return piece instanceof Html ? piece.text : escape(String(piece))
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text: string): string => text.replace(/[&<>"']/g, char => ENTITIES[char]!)

/** A whole page. `query` fills the search field in the head. */
export function page(title: string, main: Html, query = ''): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Hollowbridge petitions</title>
        <link rel="icon" href="/static/crest.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/static/site.css" />
        <script src="/static/site.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to content</a>
        <header class="top">
          <a class="brand" href="/"
            ><img src="/static/crest.svg" alt="" width="40" height="40" /> <span>Hollowbridge petitions</span></a
          >
          <form class="search" action="/search" role="search">
            <label class="hidden" for="q">Search petitions</label>
            <input
              id="q"
              name="q"
              type="search"
              value="${query}"
              placeholder="Search petitions"
              maxlength="80"
              required
            />
            <button>Search</button>
          </form>
        </header>
        <main id="main">${main}</main>
        <footer>
          <p>
            Every petition with more signatures than its goal is debated in the assembly. Hollowbridge is a made-up
            town; this site comes with Breakwater, for demonstrations and rehearsals.
          </p>
        </footer>
      </body>
    </html> `.text
}
