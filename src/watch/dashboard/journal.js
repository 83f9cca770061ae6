// The journal of collected forms: how many wait, how old the oldest is, and whether they are being sent on.
import { proposePause, proposeReplay } from './acts.js'
import { Forms } from './forms.js'
import { bytes, count, duration } from './format.js'

const byId = id => document.getElementById(id)

/** As names and values; nothing where nothing is collected. */
export const journalFacts = ({ open, why, forms, waiting, most, oldest, bytes: size, free, paused }) => [
  ['Journal', open ? 'open' : `closed: ${why}`],
  ['Wait', `${count(waiting)} of ${count(most)}`],
  ['To be sent again', count(forms.retry ?? 0)],
  ['Delivered', count(forms.delivered ?? 0)],
  ['Rejected by the site', count(forms.rejected ?? 0)],
  ['Nobody knows', count(forms.unknown ?? 0)],
  ['Set aside for a person', count(forms['set-aside'] ?? 0)],
  ['Erased', count(forms.erased ?? 0)],
  ['Taken over by another node', count(forms.moved ?? 0)],
  ['Oldest that waits', oldest === null ? '–' : duration(oldest)],
  ['On disk', `${bytes(size)}, ${bytes(free)} free`],
  ['Replay', paused.length === 0 ? 'goes on' : `paused: ${paused.join(', ')}`],
]

export class Journal {
  #list

  /** `list` writes names and values into a node. */
  constructor(list) {
    this.#list = list
    const site = () => byId('journal-site').value || null
    byId('pause').addEventListener('click', () => proposePause(byId('pause').dataset.paused === 'yes', site()))
    byId('replay').addEventListener('click', () => proposeReplay(site()))
    this.forms = new Forms(byId('journal-part'), list)
  }

  show(journal, sites) {
    byId('journal-part').hidden = journal === null
    if (journal === null) return
    this.#list(byId('journal'), journalFacts(journal))
    this.#offer(sites.map(({ name }) => name))
    const button = byId('pause')
    const site = byId('journal-site').value
    const isPaused = site === '' ? journal.paused.length > 0 : journal.paused.includes(site)
    button.dataset.paused = isPaused ? 'yes' : 'no'
    const text = isPaused ? 'Resume replay' : 'Pause replay'
    if (button.textContent !== text) button.textContent = text
  }

  /** Of which site's forms: worth asking where there are several. */
  #offer(names) {
    byId('journal-sites').hidden = names.length < 2
    const select = byId('journal-site')
    const told = names.join('\n')
    if (select.dataset.told === told) return
    select.dataset.told = told
    select.replaceChildren(new Option('all sites', ''), ...names.map(name => new Option(name, name)))
  }
}
