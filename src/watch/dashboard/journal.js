// The journal of collected forms: how many wait, how old the oldest is, and whether they are being sent on.
import { proposeReplay } from './acts.js'
import { bytes, count, duration } from './format.js'

const byId = id => document.getElementById(id)

/** As names and values; nothing where nothing is collected. */
export const journalFacts = ({ open, why, forms, waiting, most, oldest, bytes: size, free, paused }) => [
  ['Journal', open ? 'open' : `closed: ${why}`],
  ['Wait', `${count(waiting)} of ${count(most)}`],
  ['Delivered', count(forms.delivered ?? 0)],
  ['Set aside for a person', count(forms['set-aside'] ?? 0)],
  ['Oldest that waits', oldest === null ? '–' : duration(oldest)],
  ['On disk', `${bytes(size)}, ${bytes(free)} free`],
  ['Replay', paused.length === 0 ? 'goes on' : `paused: ${paused.join(', ')}`],
]

export class Journal {
  #list

  /** `list` writes names and values into a node. */
  constructor(list) {
    this.#list = list
    byId('replay').addEventListener('click', () => proposeReplay(byId('replay').dataset.paused === 'yes'))
  }

  show(journal) {
    byId('journal-part').hidden = journal === null
    if (journal === null) return
    this.#list(byId('journal'), journalFacts(journal))
    const button = byId('replay')
    const isPaused = journal.paused.length > 0
    button.dataset.paused = isPaused ? 'yes' : 'no'
    const text = isPaused ? 'Resume replay' : 'Pause replay'
    if (button.textContent !== text) button.textContent = text
  }
}
