// The rehearsals that were kept: when, of what, and what they found.
import { day, timeOfDay } from './format.js'
import { Table } from './tables.js'

export class Rehearsals {
  #table = new Table('rehearsals', [
    ['When', ''],
    ['Of', 'name'],
    ['Found', 'long'],
  ])

  show({ rehearsals }) {
    document.getElementById('rehearsals-part').hidden = rehearsals.length === 0
    this.#table.show(
      rehearsals.map(({ name, at, target, found, valid }) => [
        name,
        [`${day(at)} ${timeOfDay(at, false)}`, target, found],
        row => (row.className = valid ? '' : 'quiet'),
      ]),
    )
  }
}
