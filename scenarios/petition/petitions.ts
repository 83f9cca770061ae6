// What the pages ask of the database. Every number is counted when it is asked for; see database.ts for what that costs.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { inTransaction, rebuildSearch } from './database.ts'

/** A petition as a list shows it. */
export interface Listed {
  id: number
  topic: string
  title: string
  goal: number
  signatures: number
}

/** A petition as its own page shows it. */
export interface Petition extends Listed {
  body: string
  /** Milliseconds since the Unix epoch. */
  opened: number
}

export interface Signer {
  name: string
  email: string
  place: string
}

export interface Signed {
  name: string
  place: string
  at: number
}

const ON_HOME_PAGE = 12
const NEWEST = 4
const SEARCH_RESULTS = 12
const RECENT = 6
const SIMILAR = 4

export class Petitions {
  readonly #database: DatabaseSync
  readonly #top: StatementSync
  readonly #newest: StatementSync
  readonly #byId: StatementSync
  readonly #count: StatementSync
  readonly #recent: StatementSync
  readonly #search: StatementSync
  readonly #already: StatementSync
  readonly #insert: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#top = database.prepare(`
      SELECT p.id, p.topic, p.title, p.goal, counted.signatures
      FROM (SELECT petition, count(*) AS signatures FROM signature GROUP BY petition) AS counted
      JOIN petition p ON p.id = counted.petition ORDER BY counted.signatures DESC LIMIT ${ON_HOME_PAGE}`)
    this.#newest = database.prepare(`SELECT id FROM petition ORDER BY opened DESC, id DESC LIMIT ${NEWEST}`)
    this.#byId = database.prepare('SELECT * FROM petition WHERE id = ?')
    this.#count = database.prepare('SELECT count(*) AS n FROM signature WHERE petition = ?')
    this.#recent = database.prepare(
      `SELECT name, place, at FROM signature WHERE petition = ? ORDER BY at DESC LIMIT ${RECENT}`,
    )
    this.#search = database.prepare('SELECT rowid AS id FROM search WHERE search MATCH ? ORDER BY rank LIMIT ?')
    this.#already = database.prepare('SELECT 1 FROM signature WHERE petition = ? AND lower(email) = lower(?)')
    this.#insert = database.prepare('INSERT INTO signature (petition, name, email, place, at) VALUES (?, ?, ?, ?, ?)')
  }

  /** The most signed ones, most signed first. */
  top(): Listed[] {
    return this.#top.all() as unknown as Listed[]
  }

  /** The latest to be opened. */
  newest(): Listed[] {
    return this.#listed(this.#newest.all() as unknown as { id: number }[])
  }

  find(id: number): Petition | undefined {
    const petition = this.#byId.get(id) as unknown as Petition | undefined
    return petition && { ...petition, signatures: this.count(id) }
  }

  count(id: number): number {
    return (this.#count.get(id) as { n: number }).n
  }

  recent(id: number): Signed[] {
    return this.#recent.all(id) as unknown as Signed[]
  }

  /** Others that share words with this one's title. */
  similar(petition: Listed): Listed[] {
    return this.#matching(words(petition.title).join(' OR '), SIMILAR + 1)
      .filter(other => other.id !== petition.id)
      .slice(0, SIMILAR)
  }

  /** Petitions that hold every word of `query`, the best match first. */
  search(query: string): Listed[] {
    return this.#matching(words(query).join(' '), SEARCH_RESULTS)
  }

  /** Adds the signature and rebuilds the search index. False when this address has signed before. */
  sign(id: number, signer: Signer, at: number): boolean {
    if (this.#already.get(id, signer.email) !== undefined) return false
    inTransaction(this.#database, () => {
      this.#insert.run(id, signer.name, signer.email, signer.place, at)
      rebuildSearch(this.#database)
    })
    return true
  }

  #matching(expression: string, limit: number): Listed[] {
    if (expression === '') return []
    return this.#listed(this.#search.all(expression, limit) as unknown as { id: number }[])
  }

  #listed(rows: { id: number }[]): Listed[] {
    return rows.flatMap(({ id }) => this.find(id) ?? [])
  }
}

/** The words of a text as quoted FTS5 strings, so that none is read as an operator. At most eight. */
function words(text: string): string[] {
  const found = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  return found.slice(0, 8).map(word => `"${word}"`)
}
