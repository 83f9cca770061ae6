// The draws and the tickets of the last weeks. The tickets were never many when the site was made; nobody saw that the
// column which says of which draw a ticket is has no index, so that each count reads all of them.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Sized so that one count costs some 15 ms of CPU. Measured in README.md. */
const TICKETS = 400_000
const DRAWS = 8
const BALLS = 49
const DRAWN = [4, 11, 19, 23, 38, 42]

export interface WinClass {
  right: number
  tickets: number
}

export class Draws {
  readonly database: DatabaseSync

  /** Opens the database in `folder`, which is made and filled when there is none (takes about a second). */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.database = new DatabaseSync(join(folder, 'lottery.db'))
    this.database.exec('PRAGMA journal_mode = WAL')
    const empty = this.database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'ticket'").get() === undefined
    if (empty) fill(this.database)
  }

  get drawn(): readonly number[] {
    return DRAWN
  }

  /** How many tickets of the last draw have how many right, the most first. */
  winners(): WinClass[] {
    const rows = this.database
      .prepare(
        'SELECT hits AS "right", count(*) AS tickets FROM ticket WHERE draw = ? GROUP BY hits ORDER BY hits DESC',
      )
      .all(DRAWS)
    return rows as unknown as WinClass[]
  }

  /** What was staked for the next draw. */
  jackpot(): number {
    const row = this.database.prepare('SELECT sum(stake) AS sum FROM ticket WHERE draw = ?').get(DRAWS)
    return Number(row?.['sum'] ?? 0)
  }

  /** How many of the ticket's numbers are right; undefined when there is no such ticket. */
  hitsOf(serial: number): number | undefined {
    const row = this.database.prepare('SELECT hits FROM ticket WHERE draw = ? AND serial = ?').get(DRAWS, serial)
    return row === undefined ? undefined : Number(row['hits'])
  }
}

function fill(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE ticket (id INTEGER PRIMARY KEY, draw INTEGER NOT NULL, serial INTEGER NOT NULL, hits INTEGER NOT NULL, stake INTEGER NOT NULL);
    CREATE TABLE cake (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price INTEGER NOT NULL);
    INSERT INTO cake (name, price) VALUES ('Plum cake', 340), ('Rye loaf', 480), ('Poppy roll', 110);
    BEGIN`)
  const insert = database.prepare('INSERT INTO ticket (draw, serial, hits, stake) VALUES (?, ?, ?, ?)')
  for (let i = 0; i < TICKETS; i++) insert.run(1 + (i % DRAWS), Math.floor(i / DRAWS), hitsOf(i), 200 + (i % 7) * 50)
  database.exec('COMMIT')
}

/** Six numbers by the ticket's serial, and how many of them were drawn: the same for the same ticket, always. */
function hitsOf(ticket: number): number {
  const numbers = new Set<number>()
  for (let step = ticket * 2654435761 + 1; numbers.size < 6; step = (step * 48271) % 2147483647)
    numbers.add(1 + (step % BALLS))
  return DRAWN.filter(number => numbers.has(number)).length
}
