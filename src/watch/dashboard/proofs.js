// The copies that spike rules want for everyone: what two fetches of each page came to, and what differed in them.
import { Table } from './tables.js'

const SHOWN = 12
const SHOWN_OF_ONE = 3

/** Rows of [key, page, verdict, what differed, what one who is logged in sees otherwise]. */
export function proofsOf(proofs) {
  return proofs.slice(0, SHOWN).map(({ site, host, target, verdict, why, holes, differences, member }) => {
    const filled = holes.length === 0 ? '' : `tokens: ${holes.join(', ')}`
    return [
      `${site} ${host}${target}`,
      host + target,
      verdict,
      verdict === 'refused' ? told(differences) || (why ?? '') : filled,
      member === null ? '' : told(member.differences) || 'the same page',
    ]
  })
}

const told = differences =>
  differences
    .slice(0, SHOWN_OF_ONE)
    .map(({ one, other }) => `${one} / ${other}`)
    .join(' · ')

export class Proofs {
  #table = new Table('proofs', [
    ['Page', 'name'],
    ['Proof', ''],
    ['Differs', 'long'],
    ['Logged in', 'long'],
  ])
  #section = document.getElementById('proofs').closest('section')

  show({ proofs }) {
    this.#section.hidden = proofs.length === 0
    this.#table.show(proofsOf(proofs).map(([key, ...texts]) => [key, texts]))
  }
}
