// The options of a planned event: when it is, what is expected, and the steps that prepare for it and are undone after it.

import { blank, finished, group, items, option, optional, required } from '../shape.ts'
import { expectation } from '../kinds/expectation.ts'
import { localTime, timeZone } from '../kinds/local.ts'
import { choice, listOf, text } from '../kinds/scalar.ts'
import { duration } from '../kinds/unit.ts'
import { originUrl } from '../kinds/network.ts'
import { webhook } from '../kinds/webhook.ts'
import { MODES } from '../modes.ts'
import { admission, dnsCheck, recipeOf, scaleOut, scheduled } from './step.ts'

const program = listOf(text('text', 'a program or an argument of it', /^[^\0]+$/, 4096), 64, 1)

const step = finished(
  group('One thing that is done for the event, and how it is undone.', {
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
    off: optional(text('name', 'what is switched off, in a few words', /^[^\s\p{C}](?:[^\p{C}]*[^\s\p{C}])?$/u, 60), {
      prose:
        'What the step switches off, for the words: with `backups`, an undo that fails is told of as "backups are still off since 02:10". It goes with `run` or `webhook`.',
      example: 'backups',
    }),
    mode: optional(choice(MODES), {
      prose:
        'Puts the site into this mode until the event ends. It undoes itself, and where events overlap the stronger mode holds.',
      example: 'spike',
    }),
    warm: optional(listOf(text('path', 'a path that begins with a slash', /^\/\S*$/, 2048), 1000, 1), {
      prose:
        'Paths that are asked for as a visitor would, one after the other, so that they are stored; over HTTPS where it is served. There is nothing to undo.',
      example: '[/, /tickets]',
    }),
    scale: scaleOut,
    scheduled,
    join: optional(listOf(originUrl(), 100, 1), {
      prose:
        'New instances. Each is asked for `origin.health.path` (without one for `/`) until it has answered well `healthyAfter` times in a row, and then taken in as an origin, with slow start. Undone, those that were taken in get nothing new and are removed.',
      example: '[http://10.0.0.7:3000, http://10.0.0.8:3000]',
    }),
    admit: admission,
    dns: dnsCheck,
    notice: optional(text('text', 'text of up to 500 characters', /^[^\p{C}]+$/u, 500), {
      prose: 'A notice that the status page shows until the event ends. It undoes itself.',
      example: 'Tickets go on sale at 10. It will be busy; orders are taken in the order in which they come.',
    }),
    run: optional(program, {
      prose:
        'A program and its arguments, run without a shell, which has to end with 0 within ten minutes. It finds `BREAKWATER_EVENT`, `BREAKWATER_KEY` (the same at each try), `BREAKWATER_START`, `BREAKWATER_END` and `BREAKWATER_UNTIL` in its environment. What it is must not be secret: it is kept in the data directory.',
      example: '[/usr/local/bin/jobs, pause]',
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
          example: '[/usr/local/bin/jobs, resume]',
        }),
        webhook: optional(webhook(), { prose: 'As for `webhook`.', example: 'https://jobs.example.net/resume' }),
      },
    ),
    hold: option(duration('0s', '7d'), {
      default: '0s',
      prose: 'How long after the end of the event it is undone.',
      example: '30 min',
    }),
  }),
  // What is done and undone is on disk as programs: a recipe that a later version writes otherwise changes no undo.
  ({ scale, scheduled, join, ...given }) => ({
    ...given,
    join: join?.map(({ href }) => href),
    scale: scale.what === undefined ? undefined : scale,
    scheduled: scheduled.what === undefined ? undefined : scheduled,
    admit: given.admit.room === undefined ? undefined : { ...given.admit, room: given.admit.room },
    dns: given.dns.names === undefined ? undefined : { ...given.dns, names: given.dns.names },
    ...recipeOf(scale, scheduled, given),
  }),
)

/** A step of which nothing is written. */
export const blankStep = blank(step)

export const event = finished(
  group('An hour for which the site prepares itself.', {
    name: required(text('name', 'a name of up to 100 characters', /^[^\s\p{C}/](?:[^\p{C}/]*[^\s\p{C}/])?$/u, 100), {
      prose: 'What people call it. Each event has a name of its own.',
      example: 'Powerball',
    }),
    at: required(localTime(), {
      prose: 'When it starts, by the clocks of `zone`. A time that they skip or show twice is refused.',
      example: '"2026-11-25 22:00"',
    }),
    zone: required(timeZone(), { prose: 'The time zone of `at` and `until`.', example: 'America/Chicago' }),
    for: optional(duration('1 min', '30d'), {
      prose: 'How long it lasts. Either this or `until`; without both, as long as `expect` says that they come.',
      example: '3h',
    }),
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
  }),
  // Who says in what time they come has said how long it lasts.
  event => ({
    ...event,
    for: event.for ?? (event.until === undefined ? (event.expect?.window ?? undefined) : undefined),
  }),
)
