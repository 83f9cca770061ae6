// The steps of an event that are more than one value: scaling out by a recipe, a schedule that is only checked, admission, DNS.

import { group, option, optional } from '../shape.ts'
import { RECIPES, SCHEDULES, scaleProgram, scheduleProgram } from '../recipes.ts'
import { countOrAuto, paceOrAuto } from '../kinds/moment.ts'
import { choice, count, flag, listOf, text } from '../kinds/scalar.ts'
import { duration } from '../kinds/unit.ts'

const word = (what: string) => text('name', what, /^[\w./:-]+$/, 200)
const instances = () => count(0, 10_000)

export const scaleOut = group(
  'Scales out with a ready recipe, and waits until the tool says that the instances are there. Undone, it scales back.',
  {
    with: option(choice(RECIPES), {
      default: 'kubectl',
      prose:
        'The tool: `kubectl` (a deployment), `aws` (an Auto Scaling group), `aws-ecs` (a service), `gcloud` (a managed instance group), `azure` (a scale set). It has to be installed and signed in where Breakwater runs.',
      example: 'aws',
    }),
    what: optional(word('a name, as deploy/web'), {
      prose: 'What is scaled, as the tool names it.',
      example: 'deploy/web',
    }),
    in: optional(word('a name'), {
      prose:
        'Where it is: the namespace (`kubectl`), cluster (`aws-ecs`), zone (`gcloud`) or resource group (`azure`); for `aws` the region.',
      example: 'shop',
    }),
    to: optional(instances(), { prose: 'So many instances during the event.', example: '20' }),
    back: optional(instances(), { prose: 'So many afterwards.', example: '4' }),
  },
)

export const scheduled = group(
  "Checks a schedule in the cloud's own tool, and changes nothing: that it is there, and brings enough instances in time. While it does not, the step is told of as failed.",
  {
    with: option(choice(SCHEDULES), {
      default: 'aws',
      prose:
        'The tool: `aws` (scheduled actions of an Auto Scaling group: one with as many instances, not later than the start), `gcloud` (scaling schedules of a managed instance group: one that is on, with as many instances) or `azure` (profiles of an autoscale setting: one with as many instances).',
      example: 'gcloud',
    }),
    what: optional(word('a name'), { prose: 'What is scheduled, as the tool names it.', example: 'web' }),
    in: optional(word('a name'), { prose: 'Where it is, as for `scale`.', example: 'europe-west1-b' }),
    to: option(instances(), { default: 1, prose: 'It has to bring so many instances.', example: '20' }),
  },
)

export const admission = group(
  'Opens a waiting room of the site, or lets it call at another pace, until the event ends.',
  {
    room: optional(text('name', 'the name of a waiting room', /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 32), {
      prose: 'The waiting room.',
      example: 'main',
    }),
    opens: option(flag(), {
      default: false,
      prose:
        'Whether the room opens at the start of the event: from the step on until then nobody is let in, who is there in the last `gather` takes part in a draw.',
      example: 'true',
    }),
    sessions: optional(countOrAuto(1, 1_000_000), {
      prose: 'Visitors let in at once meanwhile, in place of what the config says.',
      example: '2000',
    }),
    rate: optional(paceOrAuto('1/h', '10000/s'), {
      prose: 'Visitors let in over time meanwhile, in place of what the config says.',
      example: '500/min',
    }),
  },
)

export const dnsCheck = group('Checks at DNS, and changes nothing: that names may be cached for a short time only.', {
  names: optional(listOf(text('host name', 'a host name', /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$/i, 253), 50, 1), {
    prose: 'The names, as visitors have them.',
    example: '[www.example.org]',
  }),
  ttl: option(duration('1s', '7d'), {
    default: '5 min',
    prose: 'They may be cached for no longer. The servers of the zone itself are asked, so it is the whole time.',
    example: '60s',
  }),
  server: optional(text('address', 'an address and port, as 127.0.0.1:5353', /^[\w.:[\]-]+$/, 100), {
    prose: 'The DNS server that is asked instead.',
    example: '10.0.0.2:53',
  }),
})

interface Programs {
  run: string[] | undefined
  undo: { run: string[] | undefined; webhook: string | undefined }
}

/** What a recipe amounts to; without one, what was given. */
export function recipeOf(
  scale: {
    with: (typeof RECIPES)[number]
    what: string | undefined
    in: string | undefined
    to: number | undefined
    back: number | undefined
  },
  schedule: { with: (typeof SCHEDULES)[number]; what: string | undefined; in: string | undefined; to: number },
  { run, undo }: Programs,
): Programs {
  if (scale.what !== undefined && scale.to !== undefined && scale.back !== undefined) {
    const { what, in: where } = scale
    const program = (instances: number) => scaleProgram(scale.with, { what, in: where, instances })
    return { run: program(scale.to), undo: { run: program(scale.back), webhook: undefined } }
  }
  if (schedule.what !== undefined)
    return {
      run: scheduleProgram(schedule.with, { what: schedule.what, in: schedule.in, instances: schedule.to }),
      undo,
    }
  return { run, undo }
}
