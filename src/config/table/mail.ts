// The options for sending mail.

import { group, optional } from '../shape.ts'
import { mailAddress, mailServer } from '../kinds/mail.ts'
import { text } from '../kinds/scalar.ts'
import { secret } from '../kinds/secret.ts'

export const mail = group('The mail server that takes what Breakwater writes to people.', {
  server: optional(mailServer(), {
    prose:
      'Where mail is handed in: `smtps://` is encrypted from the first byte (port 465), `smtp://` as soon as the server offers it (port 587).',
    example: 'smtp://mail.example.net:587',
  }),
  from: optional(mailAddress(), { prose: 'Whom mail is from.', example: 'breakwater@example.net' }),
  user: optional(text('text', 'a user name', /^[^\0\r\n]+$/, 255), {
    prose: 'The user for the mail server. To another machine the password goes only encrypted.',
    example: 'breakwater',
  }),
  password: optional(secret(1), { prose: "That user's password.", example: '{ env: MAIL_PASSWORD }' }),
})
