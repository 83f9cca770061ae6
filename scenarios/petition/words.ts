// The words the site is filled with: a dozen petitions written out, the rest put together from parts. The town of
// Hollowbridge and everybody in it are made up.
import { below, type Chance, pick } from './chance.ts'

/** What one petition says. `topic` names its picture in static/. */
export interface PetitionText {
  topic: string
  title: string
  body: string
}

export const PLACES = ['Alder Row', 'Quayside', 'Milton Fold', 'Upper Weir', 'Saltmarket', 'Fenwick', 'Castle Hill', 'The Maltings', 'Northgate', 'Orchard End', 'Tanners Lane', 'Lock Cottages', 'St Brannoc', 'Riverside', 'Hopfields', 'Bell Yard'] // prettier-ignore

const WRITTEN: [topic: string, title: string][] = [
  ['transport', 'Keep the night bus running seven days a week'],
  ['river', 'Clean the river Hollow before it reaches the town'],
  ['library', 'Keep every branch library open on Saturdays'],
  ['park', 'Plant a tree for every household in Hollowbridge'],
  ['school', 'A warm school lunch for every child'],
  ['square', 'Close the market square to through traffic'],
  ['transport', 'Build the missing mile of the riverside cycle path'],
  ['park', 'Open the bandstand to musicians without a permit'],
  ['river', 'Rebuild the footbridge at Upper Weir'],
  ['school', 'Swimming lessons in every primary school'],
  ['library', 'Lend tools and musical instruments at the library'],
  ['square', 'Bring the winter market back to the old square'],
]

const ACTIONS = [
  'Keep',
  'Reopen',
  'Repair',
  'Protect',
  'Light up',
  'Bring back',
  'Make room for',
  'Look after',
  'Open up',
  'Give back',
]
const THINGS: [topic: string, thing: string][] = [
  ['transport', 'the bus stop'],
  ['transport', 'the cycle lane'],
  ['transport', 'the level crossing'],
  ['library', 'the reading room'],
  ['library', 'the town archive'],
  ['park', 'the playground'],
  ['park', 'the old oaks'],
  ['park', 'the allotments'],
  ['river', 'the landing stage'],
  ['river', 'the towpath'],
  ['river', 'the millpond'],
  ['school', 'the school garden'],
  ['school', 'the evening classes'],
  ['square', 'the covered stalls'],
  ['square', 'the clock tower'],
  ['square', 'the drinking fountain'],
]

const SENTENCES = [
  'We ask the assembly to decide on this before the next budget is read.',
  'Last year the work was promised for spring and then put off without a word to the people who live here.',
  'Neighbours have counted for six weeks how many of us use it, and the count is with this petition.',
  'The cost is small beside what was spent on the ring road in a single month.',
  'Older people tell us that it is the one place where they meet others during the week.',
  'Three towns along the river did the same and have published what it cost and what it saved.',
  'We do not ask for something new, only for care of what is already ours.',
  'Children walk past it twice a day, in the dark for four months of the year.',
  'The council officers we spoke to were friendly and said that only a decision is missing.',
  'Where volunteers can do the work, volunteers have already put down their names.',
  'A short trial of one summer would show whether the fears that were voiced are real.',
  'The shops nearby have signed too, since people who stop here also buy here.',
  'Nobody we asked could tell when the matter was last looked at in a public meeting.',
  'If the assembly sees it otherwise, we ask that its reasons be printed and put up in the library.',
  'The engineers found the foundations sound; what is worn is the surface, and it is worn by use.',
  'We would rather mend it now than replace it at five times the price in a few years.',
]

const GIVEN = ['Ada', 'Benno', 'Chiara', 'Dov', 'Edith', 'Farid', 'Greta', 'Hana', 'Ilse', 'Jonas', 'Kofi', 'Lena', 'Mairi', 'Noor', 'Otto', 'Priya', 'Rosa', 'Sven', 'Tomas', 'Una'] // prettier-ignore

const SENTENCES_PER_PARAGRAPH = 5
const PARAGRAPHS = 3

/** Petition number `index` (from 0). The first dozen are written out. */
export function petitionText(chance: Chance, index: number): PetitionText {
  const written = WRITTEN[index]
  const body = paragraphs(chance)
  if (written !== undefined) return { topic: written[0], title: written[1], body }
  const [topic, thing] = pick(chance, THINGS)
  const title = `${pick(chance, ACTIONS)} ${thing} in ${pick(chance, PLACES)}`
  return { topic, title, body: `${title}, we ask. ${body}` }
}

/** A signer as the site shows them: a given name and an initial. */
export function signerName(chance: Chance): string {
  return `${pick(chance, GIVEN)} ${String.fromCharCode(65 + below(chance, 26))}.`
}

/** Every sentence at most once, in an order of chance. */
function paragraphs(chance: Chance): string {
  const left = [...SENTENCES]
  const paragraph = (): string =>
    Array.from({ length: SENTENCES_PER_PARAGRAPH }, () => left.splice(below(chance, left.length), 1)[0]).join(' ')
  return Array.from({ length: PARAGRAPHS }, paragraph).join('\n\n')
}
