// The ticket office's database: seats, and what was sold. Nothing in the schema forbids that a seat is sold twice; what
// keeps it from that is the lock that every sale takes before it looks for a free seat.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const SEATS = 200
/** Of the concerts of ten years, whose seats stand in the same table; only the last one is sold now. */
const OLD_SEATS = 60_000
const SALE = 301

/** Opens the database in `folder`, which is made and filled when there is none. */
export function openDatabase(folder: string): DatabaseSync {
  mkdirSync(folder, { recursive: true })
  const database = new DatabaseSync(join(folder, 'tickets.db'))
  database.exec('PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  const empty = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'seat'").get() === undefined
  if (empty) fill(database)
  return database
}

function fill(database: DatabaseSync): void {
  database.exec(`
    BEGIN;
    CREATE TABLE seat (id INTEGER PRIMARY KEY, concert INTEGER NOT NULL, place INTEGER NOT NULL, buyer TEXT);
    CREATE TABLE sale (id INTEGER PRIMARY KEY, seat INTEGER NOT NULL, buyer TEXT NOT NULL);
    CREATE INDEX seat_of_concert ON seat (concert, buyer);
  `)
  const insert = database.prepare('INSERT INTO seat (concert, place, buyer) VALUES (?, ?, ?)')
  for (let i = 0; i < OLD_SEATS; i++) insert.run(1 + Math.floor(i / SEATS), i % SEATS, `guest${(i * 7919) % 20_011}`)
  for (let place = 0; place < SEATS; place++) insert.run(SALE, place, null)
  database.exec('COMMIT')
}

export function seatsLeft(database: DatabaseSync): number {
  const row = database.prepare('SELECT count(*) AS free FROM seat WHERE concert = ? AND buyer IS NULL').get(SALE)
  return Number(row?.['free'])
}

/** The leftover: "our most faithful guests", made for one concert long ago and never taken out. It reads every seat. */
export function faithfulGuests(database: DatabaseSync): string[] {
  const rows = database
    .prepare('SELECT buyer FROM seat WHERE buyer IS NOT NULL GROUP BY lower(buyer) ORDER BY count(*) DESC LIMIT 5')
    .all()
  return rows.map(({ buyer }) => String(buyer))
}

/** Sells a free seat, or says that there is none. The lock comes first, so nobody else can sell the same one. */
export function sell(database: DatabaseSync, buyer: string): number | undefined {
  database.exec('BEGIN IMMEDIATE')
  try {
    const seat = database.prepare('SELECT id, place FROM seat WHERE concert = ? AND buyer IS NULL LIMIT 1').get(SALE)
    if (seat !== undefined) {
      database.prepare('UPDATE seat SET buyer = ? WHERE id = ?').run(buyer, seat['id']!)
      database.prepare('INSERT INTO sale (seat, buyer) VALUES (?, ?)').run(seat['id']!, buyer)
    }
    database.exec('COMMIT')
    return seat === undefined ? undefined : Number(seat['place']) + 1
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
