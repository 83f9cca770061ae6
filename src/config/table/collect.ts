// The options of a collect rule: which forms are taken into the journal now and handed to the site later, what they must
// be, what the visitor is answered, and how one can tell that the site has taken them.

import { group, optional, option } from '../shape.ts'
import { duration, size } from '../kinds/unit.ts'
import { choice, count, flag, listOf, text } from '../kinds/scalar.ts'
import { fieldName } from '../kinds/http.ts'
import { formFields } from '../kinds/form.ts'
import { webhook } from '../kinds/webhook.ts'
import { fileText, secret } from '../kinds/secret.ts'

const COLLECT_WHEN = ['always', 'spike', 'overload', 'frozen', 'never'] as const
/** What a letter tells. */
const MAILED = ['taken', 'delivered', 'rejected'] as const
const REPAIRS = ['no', 'fresh', 'visitor'] as const
/** What becomes of a form that may not be repaired. */
const UNREPAIRED = ['send', 'refuse'] as const
/** What must not be answered later than it is asked, unless the config says twice that it may. */
export const NOT_DEFERRABLE = ['payment', 'login', 'password'] as const

/** A path with perhaps a query, or a whole URL. */
const location = () => text('path or URL', 'a path such as /thanks, or a URL', /^(\/(?!\/)|https?:\/\/)[!-~]*$/, 2048)

const formName = () => text('form field', 'the name of a form field', /^\S.*$/, 200)

export const collect = group(
  'Forms that are taken into the journal, acknowledged once they are on disk, and sent to the origin later at its own pace. The rule needs `match.method: POST` and `match.path`.',
  {
    when: optional(listOf(choice(COLLECT_WHEN), 4, 1), {
      prose:
        'When forms are collected: `always`; `spike` and `frozen` while the site is in that mode (`spike` holds in `frozen` too); `overload` while every origin of the site is full, ails or is down; `never` takes back what an earlier rule said.',
      example: '[spike, overload]',
    }),
    fields: option(formFields(), {
      default: {},
      prose:
        'What the fields must be, checked before the form is acknowledged. `pattern` is a regular expression for the whole value, as in HTML. In JSON, fields are the members of the object. Fields that are not named may be there.',
      example: '{ email: { type: email, required: true }, name: { required: true, maxLength: 80 } }',
    }),
    learn: option(flag(), {
      default: false,
      prose:
        'Whether the fields must also be what the site’s own pages ask of them in HTML: `required`, `type`, `minlength`, `maxlength`, `pattern`. Breakwater reads that from the forms as the pages pass; a form that no page was seen to have is judged by `fields` alone, and so is one that is marked `novalidate` or comes as JSON. What `fields` says of a field goes before.',
      example: 'true',
    }),
    body: option(size('1 B', '1 GiB'), {
      default: '64 KiB',
      prose: 'The largest form that is collected, files included; a larger one is answered 413.',
      example: '5 MiB',
    }),
    redirect: optional(location(), {
      prose:
        'Where browsers are sent after the post (303 See Other). `{receipt}` stands for the receipt number. Without it: the receipt page.',
      example: '/thanks?receipt={receipt}',
    }),
    page: optional(fileText(), {
      prose:
        'An HTML file that browsers are answered in place of a redirect; `{receipt}` stands for the receipt number, `{url}` for the receipt page.',
      example: './thanks.html',
    }),
    dedupe: option(listOf(formName(), 16), {
      default: [],
      prose:
        'Fields that make two forms the same one: the second is acknowledged with the receipt of the first and not sent again, unless the site has refused the first. Case and blanks around them make no difference. An `Idempotency-Key` of the client is heeded in any case.',
      example: '[petition, email]',
    }),
    order: option(listOf(formName(), 16), {
      default: [],
      prose:
        'Fields by which forms are kept in order: those with the same values are sent one after the other. Without it, in any order.',
      example: '[account]',
    }),
    headers: option(listOf(fieldName(), 32), {
      default: [],
      prose:
        'Header fields of the request to keep besides Content-Type, Accept, Accept-Language, User-Agent, Origin, Referer and X-Requested-With. Cookies and credentials are kept only where they are named here; they then lie on disk as they came.',
      example: '[X-Campaign]',
    }),
    repair: option(choice(REPAIRS), {
      default: 'no',
      prose:
        'Whether a form gets fresh tokens against cross-site posts as it is sent: its page is asked for again, in a session of its own (`fresh`) or in the visitor’s (`visitor`: the cookies are kept, which needs `journal.key`), and the tokens of its hidden fields, of the page’s meta element or of the header are replaced. Only for forms that carry a ticket from a page served by Breakwater and that browsers call same-origin.',
      example: 'fresh',
    }),
    unrepaired: option(choice(UNREPAIRED), {
      default: 'send',
      prose:
        'What becomes of a form that may not be repaired, because it has no ticket of ours or comes from another site: it is collected and sent as it came, or refused with 403.',
      example: 'refuse',
    }),
    deadline: option(duration('1s', '365d'), {
      default: '7d',
      prose: 'How long a form may wait for the site. Then it is set aside for a person.',
      example: '24h',
    }),
    delivered: group('How one can tell that the site has taken a form. All that is given has to hold.', {
      status: option(listOf(count(200, 499), 32), {
        default: [],
        prose:
          'Statuses that mean so. Without them 200 to 399. What is not among them and not retried (408, 425, 429 and 5xx are) is a refusal.',
        example: '[303]',
      }),
      location: optional(text('text', 'the beginning of a path or URL', /^[!-~]+$/, 2048), {
        prose: 'How the Location of the answer begins.',
        example: '/thanks',
      }),
      text: optional(text('text', 'text of one line', /^.+$/, 1000), {
        prose: 'What stands in the first 64 KiB of the answer.',
        example: 'Thank you',
      }),
    }),
    duplicates: option(flag(), {
      default: false,
      prose:
        'True where the origin takes the same form twice for one: by `Idempotency-Key` (the client’s own, else the receipt), by `Breakwater-Receipt`, or by a unique key of its own. Only then is a form sent again whose answer was lost.',
      example: 'true',
    }),
    probe: optional(location(), {
      prose:
        'A path at the origin that tells whether a form has arrived, for when its answer was lost: 200 for yes, 404 for no. `{receipt}` stands for the receipt.',
      example: '/api/signatures/by-receipt/{receipt}',
    }),
    hook: group(
      'Where the forms go in place of requests to the origin: a program or a URL that gets them in batches, as NDJSON with a form a line, as `breakwater journal export` has it. It gets each form at least once; each has its `receipt`, by which an import with a unique key takes it exactly once. A line `{"receipt": "…", "rejected": "why"}` on its output, or in its answer, says that one is refused.',
      {
        command: optional(listOf(text('text', 'a program or an argument of it', /^[^\0]+$/, 4096), 32, 1), {
          prose:
            'A program and its arguments, run without a shell; it reads the batch from its standard input. When it ends with 0 the batch is delivered; otherwise it is handed over again later, `tries` times at most.',
          example: '[/usr/local/bin/import-signatures]',
        }),
        url: optional(webhook(), {
          prose: 'Is sent the batch as the body of a POST. Below 300 it is delivered.',
          example: 'https://www.example.org/import',
        }),
        secret: optional(secret(16), {
          prose: 'Signs the body: `Breakwater-Signature: sha256=…`, the HMAC-SHA-256 in hexadecimal.',
          example: '{ env: HOOK_SECRET }',
        }),
        batch: option(count(1, 10_000), { default: 100, prose: 'Forms in a batch at most.', example: '1000' }),
        every: option(duration('100ms', '1h'), {
          default: '1s',
          prose: 'How often it is looked for forms that wait, when there were none.',
          example: '1 min',
        }),
        within: option(duration('1s', '1h'), {
          default: '60s',
          prose: 'How long a batch may take. A program is killed then.',
          example: '10s',
        }),
      },
    ),
    mail: group('Letters to whoever sent the form. They need `mail.server` and `mail.from`.', {
      to: optional(formName(), {
        prose: 'The field of the form that has the address. Without it nobody is written to.',
        example: 'email',
      }),
      tell: option(listOf(choice(MAILED), 3), {
        default: ['taken', 'rejected'],
        prose:
          'What is told: that the form was taken, with its receipt; that the site has taken it; that it has refused it, with why.',
        example: '[taken, delivered, rejected]',
      }),
    }),
    tries: option(count(1, 1000), {
      default: 10,
      prose:
        'How often a form is sent before it is set aside for a person. Where the origin was not reached is no try.',
      example: '3',
    }),
    evenThough: option(listOf(choice(NOT_DEFERRABLE), 3), {
      default: [],
      prose:
        'Payments, logins and passwords are not collected: an answer that comes later is none. A rule that looks like one, or whose pattern is so wide that it takes one along (`POST /**` takes `/login`), is refused unless it says here that it is meant, or a rule after it leaves the path out (`when: never`).',
      example: '[payment]',
    }),
  },
)

export const journal = group('The journal of collected forms, in the data directory.', {
  forms: option(count(1, 100_000_000), {
    default: 1_000_000,
    prose: 'Forms that wait at most. Beyond it forms are answered 503.',
    example: '100000',
  }),
  // 1,000,000 forms of 1 KiB are 1 GiB.
  size: option(size('1 MiB', '1 TiB'), {
    default: '4 GiB',
    prose:
      'What their bodies may take on disk, files and those delivered of late included. Beyond it forms are answered 503.',
    example: '20 GiB',
  }),
  spare: optional(size('0 B', '1 TiB'), {
    prose:
      'What stays free on the disk: with less, forms are answered 503. Without this option: 256 MiB, or a tenth of the disk where that is less.',
    example: '1 GiB',
  }),
  keep: option(duration('1 min', '3650d'), {
    default: '30d',
    prose:
      'How long forms are kept after they were delivered, rejected or erased. Those set aside stay until a person decides.',
    example: '7d',
  }),
  key: optional(secret(32), {
    prose:
      'Encrypts what forms say on disk, files included (AES-256-GCM, with keys derived from this one): 32 characters or more, best 64 random ones. Without it forms lie there as they came. A journal that was written with one key is opened with no other.',
    example: '{ file: ./journal.key }',
    restart: true,
  }),
  inFlight: option(count(1, 1000), {
    default: 8,
    prose:
      'Forms in flight to a site at most. It begins with one, and more go out only while the origin takes them well; the last quarter of its limit is left to visitors.',
    example: '2',
  }),
})
