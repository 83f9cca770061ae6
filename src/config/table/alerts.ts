// The options for telling people: where to, when not, and what is promised to visitors.

import { group, option, optional } from '../shape.ts'
import { duration, percent } from '../kinds/unit.ts'
import { listOf, text } from '../kinds/scalar.ts'
import { mailAddress } from '../kinds/mail.ts'
import { secret } from '../kinds/secret.ts'
import { planned } from '../kinds/planned.ts'
import { webhook } from '../kinds/webhook.ts'

export const alerts = group('Who is told when something is the matter, within five seconds.', {
  webhook: group('A service of your own. It gets JSON with `fired` and `resolved`.', {
    url: optional(webhook(), {
      prose: 'Is sent each message as the body of a POST, and has to answer below 300. Tried four times.',
      example: 'https://alerts.example.net/breakwater',
    }),
    secret: optional(secret(16), {
      prose:
        'Signs the messages: `Breakwater-Signature` has `t`, seconds since the epoch, and `v1`, the HMAC-SHA-256 in hexadecimal digits of t, a dot and the body.',
      example: '{ env: ALERTS_SECRET }',
    }),
  }),
  slack: optional(secret(16), {
    prose: 'The URL of an incoming webhook of Slack, or of what understands the same. Whoever knows it can post there.',
    example: '{ env: SLACK_URL }',
  }),
  email: option(listOf(mailAddress(), 20), {
    default: [],
    prose: 'Who gets each message as a mail of their own, through the server of `mail`.',
    example: '[ops@example.net]',
  }),
  command: optional(listOf(text('text', 'a program or an argument of it', /^[^\0]+$/, 4096), 32, 1), {
    prose: 'A program and its arguments, run without a shell; it reads the same JSON from its standard input.',
    example: '[/usr/local/bin/page-me]',
  }),
  heartbeat: group("A dead man's switch: what tells somebody else when this process tells nothing any more.", {
    url: optional(webhook(), {
      prose: 'Is sent an empty POST again and again while visitors can be served.',
      example: 'https://watchdog.example.net/breakwater',
    }),
    every: option(duration('5s', '1h'), { default: '30s', prose: 'Time between two of them.', example: '1 min' }),
  }),
  objective: option(percent('50%', '99.999%'), {
    default: '99.9%',
    prose: 'The share of requests that are to be answered well: what the burn rates are measured against.',
    example: '99.5%',
  }),
  planned: option(listOf(planned(), 100), {
    default: [],
    prose:
      'Windows in which a crowd is expected, each as two moments (ISO 8601 with a zone) with a slash between. The alarms for spike and silence keep quiet in them, the others never.',
    example: '[2026-12-24T19:00Z/2026-12-24T23:00Z]',
  }),
})
