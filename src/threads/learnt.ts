// What the forms of a site's own pages ask of their fields, as edges have read it while the pages passed. The forms thread keeps it and
// tells every edge, so that a form is judged alike wherever it comes in, after a restart too.

import type { FormField } from '../config/kinds/form.ts'

/** One form: where it is posted to, and what its fields must be. */
export interface LearntForm {
  readonly site: string
  readonly path: string
  readonly fields: readonly FormField[]
  /** When a page was last seen to have it, wall clock. */
  readonly at: number
}

/** Forms kept, at about 600 bytes each 1 MiB. Beyond that the one that was seen least of late goes. */
const MOST = 1500
/** A form that no page was seen to have for so long, milliseconds, is asked for no more: a week. */
const FORGOTTEN_AFTER = 7 * 86_400_000
/** A form is told again after this, milliseconds, so that it stays known: an hour. */
const TOLD_AGAIN = 3_600_000

export class LearntForms {
  /** By site and path, and there by the names of the fields: one path may have several forms. */
  readonly #forms = new Map<string, LearntForm>()

  /** True where that was news. */
  add(form: LearntForm): boolean {
    const key = keyOf(form)
    const known = this.#forms.get(key)
    if (known !== undefined && known.at > form.at - TOLD_AGAIN && isSame(known, form)) return false
    this.#forms.delete(key)
    this.#forms.set(key, form)
    if (this.#forms.size > MOST) this.#forms.delete(this.#forms.keys().next().value!)
    return true
  }

  /** What each of the forms that are posted there asks; a post has to be right for one of them. */
  of(site: string, path: string, now: number): (readonly FormField[])[] {
    const found = []
    for (const form of this.#forms.values())
      if (form.path === path && form.site === site && form.at > now - FORGOTTEN_AFTER) found.push(form.fields)
    return found
  }

  get all(): LearntForm[] {
    return [...this.#forms.values()]
  }
}

const keyOf = ({ site, path, fields }: LearntForm): string =>
  JSON.stringify([site, path, ...fields.map(({ name }) => name).sort()])

const isSame = (one: LearntForm, other: LearntForm): boolean =>
  JSON.stringify(one.fields) === JSON.stringify(other.fields)
