// A journey: what one kind of visitor does on the site, step by step. Plain data, so that it can cross to a worker thread.

/** What a person would see on the page that came. */
export interface Expectation {
  /** Undefined: any below 400. */
  status?: number
  /** Each stands in the page. */
  text: readonly string[]
  /** None of these does. */
  without: readonly string[]
}

interface Request {
  expect: Expectation
  /** Names for later steps, each with a pattern whose first group is taken from the page. */
  extract: readonly { name: string; pattern: string }[]
}

/** `{name}` in paths and fields stands for what was extracted; `{visitor}` for a text that no other visitor has. */
export type Step =
  | ({ kind: 'get'; path: string } & Request)
  /** Fills in a form of the page before: hidden fields, tokens and defaults come from the page. `form`: part of its id, name or action. */
  | ({ kind: 'submit'; form: string | undefined; fields: Record<string, string> } & Request)
  | ({ kind: 'post'; path: string; fields: Record<string, string> } & Request)
  /** Milliseconds: evenly between two, or exponentially around a mean. */
  | { kind: 'think'; from: number; to: number }
  | { kind: 'think'; mean: number }
  /** Each arm is taken by its share; whoever takes none goes on behind. */
  | { kind: 'branch'; arms: readonly { share: number; steps: readonly Step[] }[] }

export interface Journey {
  name: string
  /** How often it is taken, beside the weights of the others. */
  weight: number
  steps: readonly Step[]
}

/** Whether a visitor on it has to look into its pages: that costs CPU, so it is done only where it is needed. */
export function readsPages(steps: readonly Step[]): boolean {
  return steps.some(step => {
    if (step.kind === 'branch') return step.arms.some(arm => readsPages(arm.steps))
    if (step.kind === 'think') return false
    const { expect, extract } = step
    return step.kind === 'submit' || extract.length + expect.text.length + expect.without.length > 0
  })
}

/** Mean think time of a whole journey in milliseconds, and how many requests it makes on average. */
export function meanOf(steps: readonly Step[]): { thinkMs: number; requests: number } {
  let [thinkMs, requests] = [0, 0]
  for (const step of steps) {
    if (step.kind === 'think') thinkMs += 'mean' in step ? step.mean : (step.from + step.to) / 2
    else if (step.kind !== 'branch') requests++
    else
      for (const arm of step.arms) {
        const mean = meanOf(arm.steps)
        thinkMs += arm.share * mean.thinkMs
        requests += arm.share * mean.requests
      }
  }
  return { thinkMs, requests }
}

/** The same over all journeys, by their weights. */
export function meanOfAll(journeys: readonly Journey[]): { thinkMs: number; requests: number } {
  const total = journeys.reduce((sum, journey) => sum + journey.weight, 0)
  let [thinkMs, requests] = [0, 0]
  for (const { weight, steps } of journeys) {
    const mean = meanOf(steps)
    thinkMs += (weight / total) * mean.thinkMs
    requests += (weight / total) * mean.requests
  }
  return { thinkMs, requests }
}
