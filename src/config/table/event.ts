// The options of a planned event: when it is, what is expected, and the steps that prepare for it and are undone after it.

import { group, items, option, optional, required } from '../shape.ts'
import { expectation } from '../kinds/expectation.ts'
import { localTime, timeZone } from '../kinds/local.ts'
import { choice, listOf, text } from '../kinds/scalar.ts'
import { duration } from '../kinds/unit.ts'
import { webhook } from '../kinds/webhook.ts'
import { MODES } from '../modes.ts'

const program = listOf(text('text', 'a program or an argument of it', /^[^\0]+$/, 4096), 64, 1)

const step = group('One thing that is done for the event, and how it is undone.', {
  at: option(choice(['start', 'end']), {
    default: 'start',
    prose: 'From when the step counts: the start of the event, or its end.',
    example: 'end',
  }),
  before: option(duration('0s', '7d'), {
    default: '0s',
    prose: 'How long before that it is done.',
    example: '30 min',
  }),
  mode: optional(choice(MODES), {
    prose:
      'Puts the site into this mode until the event ends. It undoes itself, and where events overlap the stronger mode holds.',
    example: 'spike',
  }),
  warm: optional(listOf(text('path', 'a path that begins with a slash', /^\/\S*$/, 2048), 1000, 1), {
    prose:
      'Paths that are asked for as a visitor would, one after the other, so that they are stored. There is nothing to undo.',
    example: '[/, /tickets]',
  }),
  run: optional(program, {
    prose:
      'A program and its arguments, run without a shell, which has to end with 0 within ten minutes. It finds `BREAKWATER_EVENT`, `BREAKWATER_KEY` (the same at each try) and `BREAKWATER_UNTIL` in its environment. What it is must not be secret: it is kept in the data directory.',
    example: '[kubectl, scale, deploy/web, --replicas=20]',
  }),
  webhook: optional(webhook(), {
    prose:
      'Is sent JSON as a POST, with the field `Idempotency-Key` the same at each try, and has to answer below 300.',
    example: 'https://jobs.example.net/pause',
  }),
  undo: group(
    'What undoes `run` or `webhook`. It is on disk before the step is done, and is tried until it succeeds.',
    {
      run: optional(program, {
        prose: 'A program and its arguments, as for `run`.',
        example: '[kubectl, scale, deploy/web, --replicas=4]',
      }),
      webhook: optional(webhook(), { prose: 'As for `webhook`.', example: 'https://jobs.example.net/resume' }),
    },
  ),
  hold: option(duration('0s', '7d'), {
    default: '0s',
    prose: 'How long after the end of the event it is undone.',
    example: '30 min',
  }),
})

export const event = group('An hour for which the site prepares itself.', {
  name: required(text('name', 'a name of up to 100 characters', /^[^\s\p{C}/](?:[^\p{C}/]*[^\s\p{C}/])?$/u, 100), {
    prose: 'What people call it. Each event has a name of its own.',
    example: 'Powerball',
  }),
  at: required(localTime(), {
    prose: 'When it starts, by the clocks of `zone`. A time that they skip or show twice is refused.',
    example: '"2026-11-25 22:00"',
  }),
  zone: required(timeZone(), { prose: 'The time zone of `at` and `until`.', example: 'America/Chicago' }),
  for: optional(duration('1 min', '30d'), { prose: 'How long it lasts. Either this or `until`.', example: '3h' }),
  until: optional(localTime(), { prose: 'When it ends, by the clocks of `zone`.', example: '"2026-11-26 01:00"' }),
  repeat: optional(choice(['daily', 'weekly']), {
    prose:
      'It takes place again and again, at the same time by the clocks of `zone`. Where they skip that time once, it is as much later; where they show it twice, the first counts.',
    example: 'weekly',
  }),
  site: optional(text('name', 'the name of a site', /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 64), {
    prose: 'The site that its steps are for. It may be left out where there is one only.',
    example: 'shop',
  }),
  expect: optional(expectation(), {
    prose: 'How many are expected, for the forecast.',
    example: '"300000 visitors, 15% in 2h"',
  }),
  steps: items(step, {
    prose: 'The steps. Without any, the site is in the mode `spike` while the event lasts.',
    example: '[{ mode: spike, before: 10 min }, { warm: [/], before: 5 min }]',
    max: 50,
  }),
})
