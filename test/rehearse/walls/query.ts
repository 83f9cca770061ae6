// A database with one query that no index helps: it reads a table to its end each time. One process, one query at a time.
import { DatabaseSync } from 'node:sqlite'
import type { RequestListener, ServerResponse } from 'node:http'
import { QUERY_ROWS } from './models.ts'

export function queryBound(page: (response: ServerResponse) => void): RequestListener {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT NOT NULL)')
  const insert = database.prepare('INSERT INTO article (title) VALUES (?)')
  database.exec('BEGIN')
  for (let i = 0; i < QUERY_ROWS; i++) insert.run(`article ${(i * 7919) % QUERY_ROWS}`)
  database.exec('COMMIT')
  const slow = database.prepare('SELECT count(*) AS n FROM article WHERE title LIKE ?')
  return (_request, response) => {
    slow.get(`%${Math.floor(Math.random() * QUERY_ROWS)}%`)
    page(response)
  }
}
